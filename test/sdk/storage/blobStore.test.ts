import { randomBytes, sha256Hex } from "@persona-protocol/sdk/crypto";
import { cidOfDigest, collectBytes, createBlobStore, encodeCbor } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { blobStoreContract } from "../../helpers/blobStoreContract.ts";
import { expectError } from "../../helpers/errors.ts";
import { createMemoryMedium } from "../../helpers/memoryMedium.ts";

const MIB = 2 ** 20;

describe("createBlobStore", () => {
  const shared = createBlobStore(createMemoryMedium());
  blobStoreContract(() => shared);

  it("error: a medium that changes a block gives both digests and no data", async () => {
    const medium = createMemoryMedium();
    const store = createBlobStore(medium);
    const { cid } = await store.put(randomBytes(3 * MIB));
    for (const [block, bytes] of [...medium.blocks]) {
      const changed = Uint8Array.from(bytes);
      changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1;
      medium.blocks.set(block, changed);
      const got: Uint8Array[] = [];
      const error = await expectError("DIGEST_MISMATCH", async () => {
        for await (const piece of store.get(cid)) got.push(piece);
      });
      expect(error.data).to.include({ cid: block, got: sha256Hex(changed), wanted: sha256Hex(bytes) });
      // What came before the wrong block was checked too; nothing of the wrong block came out.
      const before = got.reduce((sum, piece) => sum + piece.length, 0);
      expect(before % MIB).to.equal(0);
      medium.blocks.set(block, bytes);
    }
  });

  it("error: a medium that gives a truncated, extended, empty or exchanged block", async () => {
    const medium = createMemoryMedium();
    const store = createBlobStore(medium);
    const { cid } = await store.putBlock(encodeCbor({ a: randomBytes(100) }), "dag-cbor");
    const other = await store.putBlock(encodeCbor({ b: 1 }), "dag-cbor");
    const bytes = medium.blocks.get(cid) ?? new Uint8Array();
    const wrong = [bytes.subarray(1), Uint8Array.of(...bytes, 0), new Uint8Array(), medium.blocks.get(other.cid)];
    for (const lie of wrong) {
      medium.blocks.set(cid, lie ?? new Uint8Array());
      await expectError("DIGEST_MISMATCH", () => store.getBlock(cid));
    }
  });

  it("error: a leaf that is missing", async () => {
    const medium = createMemoryMedium();
    const store = createBlobStore(medium);
    const { cid } = await store.put(randomBytes(2 * MIB));
    const leaf = [...medium.blocks.keys()].find((block) => block !== cid) ?? "";
    medium.blocks.delete(leaf);
    const error = await expectError("BLOB_NOT_FOUND", () => collectBytes(store.get(cid)));
    expect(error.data["cid"]).to.equal(leaf);
  });

  it("error: a medium that fails is a failed store, with the reason", async () => {
    const broken = async (): Promise<never> => {
      throw new Error("no space left on device");
    };
    const store = createBlobStore({ ...createMemoryMedium(), write: broken, has: broken });
    const error = await expectError("STORE_FAILED", () => store.put(new Uint8Array(10)));
    expect(error.data["reason"]).to.equal("no space left on device");
    await expectError("STORE_FAILED", () => store.putBlock(new Uint8Array(1), "dag-cbor"));
    await expectError("STORE_FAILED", () => store.has(cidOfDigest(`0x${"00".repeat(32)}`, "raw")));
  });

  it("behavior: a small range reads the root and one leaf", async () => {
    const medium = createMemoryMedium();
    const store = createBlobStore(medium);
    const { cid } = await store.put(randomBytes(8 * MIB));
    medium.reads.length = 0;
    await collectBytes(store.get(cid, { offset: 5 * MIB + 3, length: 4_096 }));
    expect(medium.reads).to.have.lengthOf(2);
  });

  it("behavior: reading that stops early stops fetching", async () => {
    const medium = createMemoryMedium();
    const store = createBlobStore(medium);
    const { cid } = await store.put(randomBytes(32 * MIB));
    medium.reads.length = 0;
    for await (const _ of store.get(cid)) break;
    expect(medium.reads.length).to.be.lessThan(10);
  });
});
