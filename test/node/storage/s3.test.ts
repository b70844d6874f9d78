import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { randomBytes, sha256Hex } from "@persona-protocol/sdk/crypto";
import { type BlobStore, cidOfDigest, collectBytes, encodeCbor } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { freePort } from "../../../node/src/dev/freePort.ts";
import { createS3Store } from "../../../node/src/storage/s3.ts";
import { s3Sweep } from "../../../node/src/storage/s3Sweep.ts";
import { blobStoreContract } from "../../helpers/blobStoreContract.ts";
import { startCuttingProxy } from "../../helpers/cuttingProxy.ts";
import { expectError } from "../../helpers/errors.ts";
import { findServer } from "../../helpers/findServer.ts";
import { type S3Server, startS3 } from "../../helpers/s3.ts";
import { sweepContract } from "../../helpers/sweepContract.ts";

const MIB = 2 ** 20;

describe("createS3Store", () => {
  let server: S3Server | undefined;
  let store: BlobStore;
  const s3 = (): S3Server => {
    if (server === undefined) throw new Error("no S3 server");
    return server;
  };

  before(async function () {
    // Building it takes minutes, once; `npm run servers` does it beforehand.
    this.timeout(20 * 60_000);
    const found = findServer("s3");
    if ("reason" in found) {
      process.stderr.write(`\n  SKIPPED: no test has met a real S3 server. ${found.reason}\n\n`);
      this.skip();
    }
    server = await startS3(found.binary);
    store = createS3Store(server.client(), { bucket: server.bucket });
  });

  after(async () => {
    await server?.stop();
  });

  blobStoreContract(() => store);

  it("behavior: every object's key is the CID of its bytes", async () => {
    await store.put(randomBytes(3 * MIB + 1));
    const entries = await readdir(s3().bucketDir, { withFileTypes: true });
    const objects = entries.filter((entry) => entry.isFile() && entry.name.startsWith("baf"));
    expect(objects.length).to.be.greaterThan(4);
    for (const { name } of objects) {
      const digest = sha256Hex(await readFile(join(s3().bucketDir, name)));
      expect([cidOfDigest(digest, "raw"), cidOfDigest(digest, "dag-pb"), cidOfDigest(digest, "dag-cbor")]).to.include(
        name,
      );
    }
  });

  it("behavior: no object is larger than a leaf, whatever is put, so nothing is uploaded in parts", async () => {
    const prefix = "large/";
    const sent: string[] = [];
    const client = s3().client();
    const send = client.send.bind(client) as (command: object, ...rest: unknown[]) => Promise<unknown>;
    const recording = (command: object, ...rest: unknown[]) => {
      sent.push(command.constructor.name);
      return send(command, ...rest);
    };
    const large = createS3Store({ send: recording as S3Client["send"] }, { bucket: s3().bucket, prefix });
    await large.put(randomBytes(9 * MIB + 5));
    const folder = join(s3().bucketDir, prefix);
    const files = (await readdir(folder)).filter((name) => name.startsWith("baf"));
    const sizes = await Promise.all(files.map(async (name) => (await stat(join(folder, name))).size));
    expect(sizes.sort((a, b) => b - a).slice(0, 10)).to.deep.equal([...Array(9).fill(MIB), sizes[9]]);
    expect(sizes).to.have.length(11);
    expect([...new Set(sent)]).to.have.members(["PutObjectCommand", "HeadObjectCommand"]);
    const { data } = await expectError("STORE_FAILED", () => large.putBlock(randomBytes(2 * MIB + 1), "dag-cbor"));
    expect(data["kind"]).to.equal("refused");
  });

  it("behavior: two prefixes of a bucket are two stores", async () => {
    const [one, other] = ["one/", "other/"].map((prefix) =>
      createS3Store(s3().client(), { bucket: s3().bucket, prefix }),
    );
    const { cid } = (await one?.put(randomBytes(10))) ?? { cid: "" };
    expect([await one?.has(cid), await other?.has(cid)]).to.deep.equal([true, false]);
  });

  describe("s3Sweep", () => {
    let prefixes = 0;
    sweepContract(async () => {
      prefixes += 1;
      const parameters = { bucket: s3().bucket, prefix: `sweep-${prefixes}/` };
      const client = s3().client();
      return {
        store: createS3Store(client, parameters),
        medium: s3Sweep(client, parameters),
        lose: (cid) => rm(join(s3().bucketDir, parameters.prefix, cid)),
      };
    });
  });

  it("error: an object that the server changed gives both digests and no data", async () => {
    const bytes = encodeCbor(randomBytes(100));
    const { cid } = await store.putBlock(bytes, "dag-cbor");
    const lie = randomBytes(bytes.length);
    await writeFile(join(s3().bucketDir, cid), lie);
    const error = await expectError("DIGEST_MISMATCH", () => store.getBlock(cid));
    expect(error.data).to.deep.equal({ cid, got: sha256Hex(lie), wanted: sha256Hex(bytes) });
    await store.putBlock(bytes, "dag-cbor");
    expect(Buffer.from(await store.getBlock(cid)).equals(bytes)).to.equal(true);
  });

  it("error: a leaf that the server lost", async () => {
    const leaf = await store.put(randomBytes(MIB));
    const whole = await store.put(await collectBytes([await collectBytes(store.get(leaf.cid)), randomBytes(5)]));
    await rm(join(s3().bucketDir, leaf.cid));
    const error = await expectError("BLOB_NOT_FOUND", () => collectBytes(store.get(whole.cid)));
    expect(error.data["cid"]).to.equal(leaf.cid);
  });

  it("error: wrong credentials, no such bucket, nobody there", async () => {
    const { cid } = await store.put(randomBytes(20));
    const stranger = new S3Client({
      endpoint: s3().endpoint,
      region: "us-east-1",
      credentials: { ...s3().credentials, secretAccessKey: "wrong" },
      forcePathStyle: true,
      maxAttempts: 1,
    });
    const refused = await expectError("STORE_FAILED", () =>
      createS3Store(stranger, { bucket: s3().bucket }).getBlock(cid),
    );
    stranger.destroy();
    expect(refused.data["kind"]).to.equal("refused");
    const nowhere = createS3Store(s3().client(), { bucket: "no-such-bucket" });
    await expectError("STORE_FAILED", () => nowhere.getBlock(cid));
    await expectError("STORE_FAILED", () => nowhere.put(randomBytes(20)));
    const gone = createS3Store(s3().client(`http://127.0.0.1:${await freePort(0)}`), { bucket: s3().bucket });
    for (const work of [() => gone.getBlock(cid), () => gone.put(randomBytes(20)), () => gone.has(cid)])
      expect((await expectError("STORE_FAILED", work)).data["kind"]).to.equal("gone");
  });

  it("error: a server that accepts and says nothing is slow", async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket.on("error", () => {})));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const slow = createS3Store(s3().client(`http://127.0.0.1:${port}`), { bucket: s3().bucket, timeoutMs: 100 });
    const error = await expectError("STORE_FAILED", () => slow.has(cidOfDigest(randomBytes(32), "raw")));
    expect(error.data["kind"]).to.equal("slow");
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  it("error: a connection that is cut while storing leaves nothing pinned, and the next try is whole", async () => {
    const bytes = randomBytes(12 * MIB);
    const proxy = await startCuttingProxy(s3().port, { afterBytes: 9 * MIB });
    const prefix = "cut/";
    const cut = createS3Store(s3().client(proxy.url), { bucket: s3().bucket, prefix });
    const error = await expectError("STORE_FAILED", () => cut.put(bytes));
    expect(error.data["kind"]).to.equal("gone");
    await proxy.close();
    const again = createS3Store(s3().client(), { bucket: s3().bucket, prefix });
    const left = await readdir(join(s3().bucketDir, "cut"));
    expect(left).to.not.include("pins").and.not.be.empty;
    const { cid } = await again.put(bytes);
    expect(Buffer.from(await collectBytes(again.get(cid))).equals(bytes)).to.equal(true);
  });
});
