import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "@persona-protocol/sdk/crypto";
import { type BlobStore, cidOfDigest, collectBytes, createGatewayReader } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { create } from "kubo-rpc-client";
import { CID } from "multiformats/cid";
import { freePort } from "../../../node/src/dev/freePort.ts";
import { createKuboStore, createLocalIpfs, startGatewayServer } from "../../../node/src/storage/index.ts";
import { blobReaderContract, blobStoreContract } from "../../helpers/blobStoreContract.ts";
import { expectError } from "../../helpers/errors.ts";
import { findServer } from "../../helpers/findServer.ts";
import { type KuboDaemon, startKubo } from "../../helpers/kubo.ts";

const MIB = 2 ** 20;

describe("createKuboStore", () => {
  let daemon: KuboDaemon | undefined;
  let store: BlobStore;
  let client: ReturnType<typeof create>;

  before(async function () {
    // Building Kubo takes minutes, once; `npm run servers` does it beforehand.
    this.timeout(20 * 60_000);
    const kubo = findServer("kubo");
    if ("reason" in kubo) {
      process.stderr.write(`\n  SKIPPED: no test has met a real Kubo. ${kubo.reason}\n\n`);
      this.skip();
    }
    daemon = await startKubo(kubo.binary);
    client = create({ url: daemon.apiUrl });
    store = createKuboStore(client);
  });

  after(async () => {
    await daemon?.stop();
  });

  blobStoreContract(() => store);

  describe("its own gateway, by createGatewayReader", () => {
    blobReaderContract(
      () => createGatewayReader({ url: daemon?.gatewayUrl ?? "" }),
      () => store,
    );
  });

  it("behavior: Kubo takes the CARs of our gateway", async () => {
    const path = await mkdtemp(join(tmpdir(), "persona-car-"));
    const local = await createLocalIpfs({ path, durable: false });
    const server = await startGatewayServer({ host: "127.0.0.1", port: 0, store: local, log: { warn: () => {} } });
    try {
      const bytes = randomBytes(3 * MIB + 9);
      const { cid } = await local.put(bytes);
      expect(await store.has(cid)).to.equal(false);
      const answer = await fetch(`http://127.0.0.1:${server.port}/ipfs/${cid}?format=car`);
      const car = new Uint8Array(await answer.arrayBuffer());
      for await (const { root } of client.dag.import([car])) expect(root.cid.toString()).to.equal(cid);
      expect(Buffer.from(await collectBytes(store.get(cid))).equals(bytes)).to.equal(true);
    } finally {
      await server.close();
      await rm(path, { recursive: true, force: true });
    }
  });

  it("behavior: Kubo's own add gives the same CIDs, and its own cat the same bytes", async () => {
    for (const length of [0, 5, MIB, 3 * MIB + 1]) {
      const bytes = randomBytes(Math.min(length, 60_000));
      const whole = new Uint8Array(length).map((_, at) => bytes[at % 60_000] ?? 0);
      const { cid } = await store.put(whole);
      const added = await client.add(whole, { cidVersion: 1, rawLeaves: true, chunker: "size-1048576", pin: false });
      expect(added.cid.toString()).to.equal(cid);
      expect(Buffer.from(await collectBytes(client.cat(cid))).equals(whole)).to.equal(true);
    }
  });

  it("behavior: Kubo's own add gives the same CID where its defaults would give another, beyond 174 leaves", async () => {
    const leaf = randomBytes(MIB);
    function* leaves(): Generator<Uint8Array, void, undefined> {
      for (let count = 0; count < 176; count++) yield leaf;
      yield Uint8Array.of(1);
    }
    const { cid } = await store.put(leaves());
    const parameters = { cidVersion: 1, rawLeaves: true, chunker: "size-1048576", pin: false } as const;
    const ours = await client.add(leaves(), { ...parameters, "max-file-links": 1_024 } as typeof parameters);
    expect(ours.cid.toString()).to.equal(cid);
    expect((await store.stat(cid)).size).to.equal(176 * MIB + 1);
  }).timeout(60_000);

  it("behavior: what is put outlives garbage collection, what is unpinned does not", async () => {
    const [kept, dropped] = [await store.put(randomBytes(MIB + 3)), await store.put(randomBytes(MIB + 3))];
    await store.unpin(dropped.cid);
    for await (const _ of client.repo.gc());
    expect(await collectBytes(store.get(kept.cid))).to.have.lengthOf(MIB + 3);
    await expectError("BLOB_NOT_FOUND", () => collectBytes(store.get(dropped.cid)));
  });

  it("error: a daemon that gives other bytes than were asked for", async () => {
    const { cid } = await store.put(new Uint8Array(100));
    const lying = createKuboStore({
      ...client,
      block: { put: client.block.put, stat: client.block.stat, get: async () => new Uint8Array(99) },
    });
    const error = await expectError("DIGEST_MISMATCH", () => collectBytes(lying.get(cid)));
    expect(error.data).to.have.keys("cid", "got", "wanted");
  });

  it("error: a daemon that stores something else", async () => {
    const elsewhere = CID.parse(cidOfDigest(randomBytes(32), "raw"));
    const lying = createKuboStore({ ...client, block: { ...client.block, put: async () => elsewhere } });
    await expectError("STORE_FAILED", () => lying.put(new Uint8Array(100)));
  });

  it("error: a daemon that does not answer", async () => {
    const silent = createKuboStore(
      {
        ...client,
        block: {
          put: client.block.put,
          stat: client.block.stat,
          get: (_, options) =>
            new Promise((_, reject) => {
              const { signal } = options as { signal: AbortSignal };
              signal.addEventListener("abort", () => reject(signal.reason));
            }),
        },
      },
      { timeoutMs: 50 },
    );
    const error = await expectError("STORE_FAILED", () => silent.getBlock(cidOfDigest(randomBytes(32), "raw")));
    expect(error.data["kind"]).to.equal("slow");
  });

  it("error: a daemon that is not there", async () => {
    const gone = createKuboStore(create({ url: `http://127.0.0.1:${await freePort(0)}` }));
    expect((await expectError("STORE_FAILED", () => gone.put(new Uint8Array(1)))).data["kind"]).to.equal("gone");
    await expectError("STORE_FAILED", () => gone.has(cidOfDigest(randomBytes(32), "raw")));
  });
});
