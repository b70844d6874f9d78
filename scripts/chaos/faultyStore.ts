import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { BlobStore } from "@persona-protocol/sdk/storage";
import type { Random } from "../exports/random.ts";
import type { StoreFault } from "./schedule.ts";

export type FaultyStore = {
  /** Takes the two read calls of a Kubo daemon's RPC API. */
  readonly url: string;
  fault: { readonly how: StoreFault; readonly share: number } | undefined;
  close(): Promise<void>;
};

const slowMs = 4_000;
const maxBytes = 2 * 1024 * 1024;

/** The network's blocks, as a Kubo daemon hands them out that is slow, broken or lies. */
export async function startFaultyStore(store: Pick<BlobStore, "getBlock">, random: Random): Promise<FaultyStore> {
  const server = createServer((request, response) => {
    request.resume();
    answer(new URL(request.url ?? "/", "http://localhost"), response).catch(() => {
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { "content-type": "application/json" }).end('{"Message":"block was not found"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const self: FaultyStore = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fault: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return self;

  async function answer({ pathname, searchParams }: URL, response: ServerResponse): Promise<void> {
    const cid = searchParams.get("arg") ?? "";
    const { fault } = self;
    const how = fault !== undefined && random.chance(fault.share) ? fault.how : undefined;
    if (how === "slow") await sleep(random.integer(slowMs));
    if (how === "errors") return void response.writeHead(500).end("no");
    const bytes = await store.getBlock(cid, { maxBytes });
    if (pathname === "/api/v0/block/stat")
      return void response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ Key: cid, Size: bytes.length }));
    if (pathname !== "/api/v0/block/get") return void response.writeHead(404).end();
    const sent = new Uint8Array(bytes);
    if (how === "wrong" && sent.length > 0) {
      const at = random.integer(sent.length);
      sent[at] = (sent[at] ?? 0) ^ (1 << random.integer(8));
    }
    response.writeHead(200, { "content-type": "application/octet-stream" }).end(sent);
  }
}
