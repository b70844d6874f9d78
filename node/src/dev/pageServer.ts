import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { BlockMedium } from "@persona-protocol/sdk/storage";
import { type Address, getAddress, isAddress } from "viem";
import { plainDeployment } from "../enclave/runtime/deploymentSchema.ts";
import { type Listening, listen } from "../listen.ts";
import { createStoreHandler } from "../storage/storeServer.ts";
import type { LocalDeployment } from "./deployContracts.ts";

/**
 * What a page needs of a local network, on loopback: `GET /network.json` (where chain and contracts are), the store
 * (docs/stores.md, "A store for pages") and `POST /faucet/{address}` (ether and test money). For pages that this machine serves
 * itself, and no others: a page from elsewhere must neither read nor write here, and a name that somebody else's DNS points at
 * this machine is not this machine's.
 */
export async function startPageServer(options: {
  /** 0 picks a free one. */
  readonly port: number;
  readonly rpcUrl: string;
  readonly local: Pick<LocalDeployment, "deployment" | "token">;
  readonly medium: BlockMedium;
  readonly fund: (address: Address) => Promise<void>;
}): Promise<Listening> {
  const { rpcUrl, local, medium, fund } = options;
  const store = createStoreHandler(medium);
  const server = createServer({ connectionsCheckingInterval: 1_000 }, (request, response) => {
    void serve(request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  });
  server.requestTimeout = 60_000;
  server.headersTimeout = 5_000;
  const listening = await listen(server, { host: "127.0.0.1", port: options.port, name: "The server for pages" });
  const here = `http://127.0.0.1:${listening.port}`;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { origin, host = "" } = request.headers;
    if (!isThisMachine(`http://${host}`) || (origin !== undefined && !isThisMachine(origin))) {
      response.writeHead(403, { "content-type": "text/plain" }).end("only for pages of this machine\n");
      return;
    }
    response.setHeader("vary", "accept, origin");
    if (origin !== undefined) response.setHeader("access-control-allow-origin", origin);
    if (request.method === "OPTIONS") {
      const allowed = {
        "access-control-allow-methods": "GET, HEAD, PUT, POST, DELETE",
        "access-control-allow-headers": "accept, content-type",
        "access-control-max-age": "600",
      };
      response.writeHead(204, allowed).end();
      return;
    }
    const route = `${request.method} ${request.url}`;
    if (route === "GET /network.json") return json(response, networkFor({ rpcUrl, local, storeUrl: here }));
    const [, address] = /^POST \/faucet\/(0x[0-9a-fA-F]{40})$/.exec(route) ?? [];
    if (address !== undefined && isAddress(address, { strict: false })) {
      await fund(getAddress(address));
      return json(response, { ok: true });
    }
    if (await store(request, response)) return;
    response.writeHead(404).end();
  }
  return listening;
}

/** What pages read at `/network.json`. */
type PageNetwork = {
  readonly chainId: number;
  readonly rpcUrl: string;
  readonly storeUrl: string;
  readonly token: Address;
  readonly deployment: ReturnType<typeof plainDeployment>;
};

function networkFor(parts: {
  readonly rpcUrl: string;
  readonly storeUrl: string;
  readonly local: Pick<LocalDeployment, "deployment" | "token">;
}): PageNetwork {
  const { rpcUrl, storeUrl, local } = parts;
  const { deployment, token } = local;
  return { chainId: deployment.chainId, rpcUrl, storeUrl, token, deployment: plainDeployment(deployment) };
}

function json(response: ServerResponse, value: unknown): void {
  response
    .writeHead(200, { "content-type": "application/json", "cache-control": "no-store" })
    .end(JSON.stringify(value));
}

function isThisMachine(text: string): boolean {
  const name = URL.parse(text)?.hostname;
  return name === "localhost" || name === "127.0.0.1" || name === "[::1]" || name?.endsWith(".localhost") === true;
}
