import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { randomBytes, sha256, toHex } from "@persona-protocol/sdk/crypto";
import {
  type BlobStore,
  cidOfDigest,
  collectBytes,
  decryptEnvelope,
  encodeCbor,
  encryptEnvelope,
  readSegmentRange,
  sweepBlocks,
} from "@persona-protocol/sdk/storage";
import { FsBlockstore } from "blockstore-fs";
import { expect } from "chai";
import { importByteStream } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { balanced } from "ipfs-unixfs-importer/layout";
import { base32upper } from "multiformats/bases/base32";
import { CID } from "multiformats/cid";
import { createLocalIpfs, localSweep } from "../../../node/src/storage/index.ts";
import { blobStoreContract } from "../../helpers/blobStoreContract.ts";
import { expectError } from "../../helpers/errors.ts";
import { sweepContract } from "../../helpers/sweepContract.ts";

const MIB = 2 ** 20;

describe("createLocalIpfs", () => {
  let path: string;
  let store: BlobStore;

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "persona-ipfs-"));
    store = await createLocalIpfs({ path });
  });

  afterEach(async () => {
    await rm(path, { recursive: true, force: true });
  });

  blobStoreContract(() => store);

  describe("localSweep", () => {
    sweepContract(async () => ({
      store,
      medium: localSweep(path),
      async lose(cid) {
        const bytes = await store.getBlock(cid);
        for (const file of await blockFiles())
          if (bytes.length < 1_000 && (await readFile(file)).equals(bytes)) await rm(file);
      },
    }));

    it("behavior: files that are no blocks are left alone", async () => {
      await writeFile(join(path, "blocks", "notes.txt"), "mine");
      await writeFile(join(path, "blocks", "NOTBASE32.data"), "mine");
      await sweepBlocks(store, localSweep(path), { now: Date.now() + 10 * 86_400_000 });
      expect((await readdir(join(path, "blocks"))).sort()).to.deep.equal(["NOTBASE32.data", "notes.txt"]);
    });
  });

  const blockFiles = async (): Promise<string[]> => {
    const entries = await readdir(join(path, "blocks"), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  };

  it("behavior: another process finds what was put, pins too", async () => {
    const bytes = randomBytes(MIB + 1);
    const { cid } = await store.put(bytes);
    const reopened = await createLocalIpfs({ path });
    expect(Buffer.from(await collectBytes(reopened.get(cid))).equals(bytes)).to.equal(true);
    expect(await reopened.stat(cid)).to.deep.equal({ size: bytes.length, pinned: true });
  });

  it("behavior: an envelope streams in and out", async () => {
    const ids = { datasetId: toHex(randomBytes(32)), segment: 0, keyEpoch: 0, dek: randomBytes(32) };
    const plaintext = randomBytes(64 * 1_024);
    const { cid } = await store.put(
      encryptEnvelope([plaintext], { ...ids, version: 1, plaintextLength: plaintext.length }),
    );
    expect(await collectBytes(decryptEnvelope(store.get(cid), ids))).to.deep.equal(plaintext);
  });

  it("behavior: the directory is one that blockstore-fs reads", async () => {
    const { cid } = await store.putBlock(encodeCbor({ a: 1 }), "dag-cbor");
    const other = new FsBlockstore(join(path, "blocks"));
    expect(await collectBytes(other.get(CID.parse(cid)))).to.deep.equal(encodeCbor({ a: 1 }));
  });

  it("behavior: many writers of the same blob leave it whole", async () => {
    const bytes = randomBytes(3 * MIB);
    const stores = await Promise.all([1, 2, 3, 4].map(() => createLocalIpfs({ path })));
    const results = await Promise.all(stores.map((one) => one.put(bytes)));
    expect(new Set(results.map(({ cid }) => cid)).size).to.equal(1);
    expect(Buffer.from(await collectBytes(store.get(results[0]?.cid ?? ""))).equals(bytes)).to.equal(true);
    expect(await readdir(join(path, "tmp"))).to.deep.equal([]);
  });

  it("behavior: a large file, whose leaves other threads write, has the same CIDs and comes back, pieces reused or not", async () => {
    const ids = { datasetId: toHex(randomBytes(32)), segment: 0, keyEpoch: 0, dek: randomBytes(32) };
    const plaintext = randomBytes(20 * MIB + 77);
    const sealed = await collectBytes(
      encryptEnvelope([plaintext], { ...ids, version: 1, plaintextLength: plaintext.length }),
    );
    const imported = await importByteStream(
      [sealed],
      { put: async (key: CID) => key },
      {
        cidVersion: 1,
        rawLeaves: true,
        chunker: fixedSize({ chunkSize: MIB }),
        layout: balanced({ maxChildrenPerNode: 1_024 }),
      },
    );
    const { cid } = await store.put(sealed);
    expect(cid).to.equal(imported.cid.toString());
    expect(Buffer.from(await collectBytes(store.get(cid))).equals(sealed)).to.equal(true);
    const opened = createHash("sha256");
    for await (const piece of decryptEnvelope(store.get(cid, { transient: true }), { ...ids, transient: true })) {
      opened.update(piece);
    }
    expect(opened.digest().equals(createHash("sha256").update(plaintext).digest())).to.equal(true);
    const again = { ...ids, version: 1, plaintextLength: plaintext.length, transient: true };
    const other = await store.put(encryptEnvelope([plaintext], again));
    expect(Buffer.from(await collectBytes(decryptEnvelope(store.get(other.cid), ids))).equals(plaintext)).to.equal(
      true,
    );
    const range = { ...ids, offset: 7 * MIB - 10, length: 4_096 };
    const wanted = plaintext.subarray(range.offset, range.offset + range.length);
    expect(Buffer.from(await readSegmentRange(store, other.cid, range)).equals(wanted)).to.equal(true);
    expect(await readdir(join(path, "tmp"))).to.deep.equal([]);
  });

  it("error: a large file on a disk that cannot be written, and the next one is well", async () => {
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      for (let piece = 0; piece < 12; piece++) {
        // From the fifth leaf on other threads write.
        // In one step: they may be writing into it.
        if (piece === 8) await rename(join(path, "tmp"), join(path, "gone"));
        yield randomBytes(MIB);
      }
    }
    await expectError("STORE_FAILED", () => store.put(source()));
    await mkdir(join(path, "tmp"));
    const { cid } = await store.put(randomBytes(12 * MIB));
    expect(await collectBytes(store.get(cid))).to.have.lengthOf(12 * MIB);
  });

  it("behavior: a block that the disk damaged is refused, and healed by putting it again", async () => {
    const bytes = randomBytes(100_000);
    const { cid } = await store.put(bytes);
    const [file = ""] = await blockFiles();
    await truncate(file, 50_000);
    const error = await expectError("DIGEST_MISMATCH", () => collectBytes(store.get(cid)));
    expect(error.data["wanted"]).not.to.equal(error.data["got"]);
    await writeFile(file, Buffer.alloc(5 * MIB));
    await expectError("DIGEST_MISMATCH", () => collectBytes(store.get(cid)));
    await store.put(bytes);
    expect(Buffer.from(await collectBytes(store.get(cid))).equals(bytes)).to.equal(true);
  });

  it("behavior: a writer killed at any moment leaves whole blocks only", async () => {
    const writer = fileURLToPath(new URL("../../helpers/localIpfsWriter.ts", import.meta.url));
    for (const afterBlocks of [1, 6, 13]) {
      const child = spawn(process.execPath, [writer, path], { stdio: ["ignore", "pipe", "inherit"] });
      let blocks = 0;
      child.stdout.on("data", (data: Buffer) => {
        blocks += data.length;
        if (blocks >= afterBlocks) child.kill("SIGKILL");
      });
      await once(child, "exit");
      expect(child.signalCode).to.equal("SIGKILL");
      const files = await blockFiles();
      if (afterBlocks > 10) expect(files.length).to.be.greaterThan(0);
      for (const file of files) {
        const cid = CID.parse(cidOfDigest(sha256(await readFile(file)), "raw"));
        expect(basename(file, ".data")).to.equal(base32upper.encode(cid.multihash.bytes));
      }
    }
    // Nothing was pinned, and the store works on.
    expect(await readdir(join(path, "pins"))).to.deep.equal([]);
    await store.put(new Uint8Array(10));
  }).timeout(30_000);

  it("behavior: what crashed writers left is swept away, what may be at work is not", async () => {
    const [old, young] = [join(path, "tmp", "old"), join(path, "tmp", "young")];
    await Promise.all([writeFile(old, "x"), writeFile(young, "x")]);
    const twoHoursAgo = new Date(Date.now() - 2 * 60 * 60 * 1_000);
    await utimes(old, twoHoursAgo, twoHoursAgo);
    await createLocalIpfs({ path });
    expect(await readdir(join(path, "tmp"))).to.deep.equal(["young"]);
  });

  it("error: a disk that cannot be written or read", async () => {
    const { cid } = await store.put(new Uint8Array(10));
    await rm(join(path, "tmp"), { recursive: true });
    await expectError("STORE_FAILED", () => store.put(new Uint8Array(11)));
    const [file = ""] = await blockFiles();
    await rm(file);
    await expectError("BLOB_NOT_FOUND", () => collectBytes(store.get(cid)));
    await expectError("STORE_FAILED", () => createLocalIpfs({ path: join(path, "pins", cid) }));
  });
});
