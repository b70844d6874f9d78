import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { randomBytes, sha256Hex } from "@persona-protocol/sdk/crypto";
import { cidOfDigest, createHttpStore, MAX_BLOCK_BYTES } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { Address } from "viem";
import { startPageServer } from "../../../node/src/dev/pageServer.ts";
import type { Listening } from "../../../node/src/listen.ts";
import { blobStoreContract } from "../../helpers/blobStoreContract.ts";
import { expectError } from "../../helpers/errors.ts";
import { createMemoryMedium } from "../../helpers/memoryMedium.ts";

describe("createHttpStore and what persona dev serves to pages", () => {
  const medium = createMemoryMedium();
  const funded: Address[] = [];
  let pages: Listening;
  let url: string;

  before(async () => {
    const address: Address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
    const names = ["datasetRegistry", "grantRegistry", "nodeRegistry", "measurementPolicy", "jobMarket"] as const;
    const contracts = Object.fromEntries(names.map((name) => [name, address])) as Record<
      (typeof names)[number],
      Address
    >;
    const deployment = {
      ...{ ...contracts, appRegistry: address, ownerKeys: address },
      ...{ chainId: 31_337, chainReads: "proof" as const, fromBlock: 7n },
    };
    pages = await startPageServer({
      port: 0,
      rpcUrl: "http://127.0.0.1:1",
      local: { deployment, token: address },
      medium,
      fund: async (to) => void funded.push(to),
    });
    url = `http://127.0.0.1:${pages.port}`;
  });
  after(() => pages.close());

  blobStoreContract(() => createHttpStore({ url }));

  /** As a browser or a program sends it: `fetch` here would not let a test choose host and origin. */
  function send(method: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: Uint8Array) {
    return new Promise<{ status: number; headers: Readonly<Record<string, unknown>>; text: string }>(
      (resolve, reject) => {
        const request = httpRequest(`${url}${path}`, { method, headers: { ...headers } }, (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (part: string) => (text += part));
          response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
        });
        request.on("error", reject);
        request.end(body);
      },
    );
  }

  it("behavior: pages of this machine find the network, and get money", async () => {
    const origin = "http://localhost:5173";
    const found = await send("GET", "/network.json", { origin });
    expect(found.headers["access-control-allow-origin"]).to.equal(origin);
    expect(JSON.parse(found.text)).to.deep.include({ chainId: 31_337, storeUrl: url, rpcUrl: "http://127.0.0.1:1" });
    const preflight = await send("OPTIONS", "/ipfs/x", { origin, "access-control-request-method": "PUT" });
    expect(preflight.status).to.equal(204);
    expect(preflight.headers["access-control-allow-methods"]).to.include("PUT");
    expect((await send("POST", "/faucet/0x70997970c51812dc3a010c7d01b50e0d17dc79c8", { origin })).status).to.equal(200);
    expect(funded).to.deep.equal(["0x70997970C51812dc3A010C7d01b50e0d17dc79C8"]);
    expect((await send("POST", "/faucet/0x12", { origin })).status).to.equal(404);
  });

  it("error: a page from elsewhere, and a name that was pointed here, get and leave nothing", async () => {
    const before = medium.blocks.size;
    const body = randomBytes(10);
    const cid = cidOfDigest(sha256Hex(body), "raw");
    for (const headers of [
      { origin: "https://example.org" },
      { origin: "null" },
      { origin: "http://localhost.example.org" },
      { origin: "http://127.0.0.1.example.org" },
      { host: "rebound.example.org" },
      { host: "localhost@example.org" },
    ]) {
      for (const [method, path] of [
        ["GET", "/network.json"],
        ["PUT", `/ipfs/${cid}`],
        ["POST", "/faucet/0x70997970c51812dc3a010c7d01b50e0d17dc79c8"],
        ["OPTIONS", `/ipfs/${cid}`],
      ] as const) {
        const answer = await send(method, path, headers, method === "PUT" ? body : undefined);
        expect(answer.status, `${method} ${JSON.stringify(headers)}`).to.equal(403);
        expect(answer.headers["access-control-allow-origin"]).to.equal(undefined);
      }
    }
    expect([medium.blocks.size, funded.length]).to.deep.equal([before, 1]);
  });

  it("error: bytes under another name, more than a block, a name that is none: nothing is kept", async () => {
    const before = medium.blocks.size;
    const body = randomBytes(100);
    const cid = cidOfDigest(sha256Hex(body), "raw");
    expect((await send("PUT", `/ipfs/${cid}`, {}, randomBytes(100))).status).to.equal(400);
    const large = new Uint8Array(MAX_BLOCK_BYTES + 1);
    expect((await send("PUT", `/ipfs/${cidOfDigest(sha256Hex(large), "raw")}`, {}, large)).status).to.equal(413);
    for (const name of ["x", "bafkqaaa", "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"]) {
      expect((await send("PUT", `/ipfs/${name}`, {}, body)).status, name).to.equal(400);
      expect((await send("PUT", `/pins/${name}`)).status, name).to.equal(400);
    }
    expect((await send("PUT", "/ipfs/..%2f..%2fetc", {}, body)).status).to.equal(404);
    expect((await send("PATCH", `/pins/${cid}`)).status).to.equal(405);
    expect(medium.blocks.size).to.equal(before);
  });

  it("error: a server that changes, refuses or keeps nothing has its failure told", async () => {
    const statuses = new Map([
      ["PUT", 507],
      ["GET", 503],
    ]);
    const server = createServer((request, response) => {
      response.writeHead(statuses.get(request.method ?? "") ?? 500).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const store = createHttpStore({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` });
      const full = await expectError("STORE_FAILED", () => store.put(new Uint8Array(10)));
      expect(full.data["kind"]).to.equal("full");
      const { cid } = await createHttpStore({ url }).put(randomBytes(10));
      const gone = await expectError("STORE_FAILED", () => store.getBlock(cid));
      expect(gone.data["kind"]).to.equal("gone");
      const kept = medium.blocks.get(cid) ?? new Uint8Array();
      medium.blocks.set(
        cid,
        Uint8Array.from(kept, (byte) => byte ^ 1),
      );
      // The server checks what it gives, too; a reader would notice it by itself.
      await expectError("STORE_FAILED", () => createHttpStore({ url }).getBlock(cid));
    } finally {
      server.closeAllConnections();
      server.close();
    }
    await expectError("CONFIG_INVALID", async () => createHttpStore({ url: "file:///etc" }));
  });
});
