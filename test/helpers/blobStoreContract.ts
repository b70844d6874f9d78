import { sha256Hex } from "@persona-protocol/sdk/crypto";
import {
  type BlobReader,
  type BlobStore,
  cidOfDigest,
  collectBytes,
  digestOfCid,
  encodeCbor,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { expectError } from "./errors.ts";
import { createRandom, type Random } from "./random.ts";

const MIB = 2 ** 20;
/** Made with the real `ipfs add --cid-version=1 --raw-leaves --chunker=size-1048576 --max-file-links=1024` of Kubo 0.40. */
const cidsOfZeros: readonly (readonly [bytes: number, cid: string])[] = [
  [0, "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"],
  [1, "bafkreidogqfzz75tpkmjzjke425xqcrmpcib2p5tg44hnbirumdbpl5adu"],
  [MIB, "bafkreibq4fevl27rgurgnxbp7adh42aqiyd6ouflxhj3gzmcxcxzbh6lla"],
  [MIB + 1, "bafybeihd4yzq7n5umhjngdum4r6k2to7egxfkf2jz6thvwzf6djus22cmq"],
  [5 * MIB + 77, "bafybeicwm37an3vtrogod2vodgzxk4e3qtfj2i3r25nta7draneflxqeni"],
];
const absent = cidOfDigest(`0x${"77".repeat(32)}`, "raw");

/** Bytes of which no two leaves are the same; each byte from the generator would take a second for every ten mebibytes. */
function distinct(random: Random, length: number): Uint8Array {
  const page = random.bytes(65_536);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += page.length) {
    new DataView(page.buffer).setUint32(0, at);
    bytes.set(page.subarray(0, length - at), at);
  }
  return bytes;
}

/** Not version 1, not sha2-256, no CID at all. */
const foreignCids = ["", "bafy", "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n", "bafkqaaa", "../../etc/passwd"];

/** What every BlobReader does with what `source` has stored, whatever stands between them. Call inside a `describe`. */
export function blobReaderContract(reader: () => BlobReader, source: () => BlobStore): void {
  const random = createRandom(11);

  it("default: what is put is read, by the same CID everywhere", async () => {
    for (const [length, wanted] of cidsOfZeros) {
      const bytes = new Uint8Array(length);
      expect(await source().put(bytes)).to.deep.equal({ cid: wanted, size: length });
      expect(Buffer.from(await collectBytes(reader().get(wanted))).equals(bytes), `${length} bytes`).to.equal(true);
      expect(await reader().has(wanted)).to.equal(true);
      expect(await reader().stat(wanted)).to.include({ size: length });
    }
  });

  it("behavior: bytes that do not repeat, around the edges of leaves", async () => {
    const all = distinct(random, 3 * MIB + 3);
    for (const length of [MIB - 1, MIB, MIB + 1, 2 * MIB - 1, 2 * MIB, 3 * MIB + 3]) {
      const bytes = all.subarray(-length);
      const { cid } = await source().put(bytes);
      expect(Buffer.from(await collectBytes(reader().get(cid))).equals(bytes), `${length} bytes`).to.equal(true);
    }
  });

  it("behavior: ranges are slices", async () => {
    const bytes = distinct(random, 3 * MIB + 1_234);
    const { cid } = await source().put(bytes);
    const edges = [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB, bytes.length - 1, bytes.length, bytes.length + 10];
    for (const offset of edges) {
      for (const length of [0, 1, 4_096, MIB + 2, undefined]) {
        const got = await collectBytes(reader().get(cid, { offset, ...(length === undefined ? {} : { length }) }));
        const wanted = bytes.subarray(offset, length === undefined ? undefined : offset + length);
        expect(Buffer.from(got).equals(wanted), `${offset}+${length}`).to.equal(true);
      }
    }
  });

  it("behavior: an object is found by the digest on chain", async () => {
    const bytes = encodeCbor({ hello: random.integer(1_000_000) });
    const { cid, digest } = await source().putBlock(bytes, "dag-cbor");
    expect(cid).to.equal(cidOfDigest(digest, "dag-cbor"));
    expect(Buffer.from(await reader().getBlock(cid)).equals(bytes)).to.equal(true);
    expect(await reader().has(cid)).to.equal(true);
    expect(await reader().stat(cid)).to.include({ size: bytes.length });
  });

  it("behavior: who stops early stops the reading", async () => {
    const { cid } = await source().put(distinct(random, 4 * MIB));
    for await (const part of reader().get(cid)) {
      expect(part.length).to.be.greaterThan(0);
      break;
    }
  });

  it("error: what is not there to read", async () => {
    expect(await reader().has(absent)).to.equal(false);
    const file = cidOfDigest(`0x${"78".repeat(32)}`, "dag-pb");
    await expectError("BLOB_NOT_FOUND", () => collectBytes(reader().get(absent)));
    await expectError("BLOB_NOT_FOUND", () => collectBytes(reader().get(file)));
    await expectError("BLOB_NOT_FOUND", () => reader().getBlock(absent));
    await expectError("BLOB_NOT_FOUND", () => reader().stat(absent));
  });

  it("error: larger than the reader allows", async () => {
    const { cid } = await source().put(new Uint8Array(2 * MIB));
    await expectError("STORE_FAILED", () => collectBytes(reader().get(cid, { maxBytes: 2 * MIB - 1 })));
    expect(await collectBytes(reader().get(cid, { maxBytes: 2 * MIB }))).to.have.lengthOf(2 * MIB);
    const block = await source().putBlock(encodeCbor(new Uint8Array(100)), "dag-cbor");
    await expectError("STORE_FAILED", () => reader().getBlock(block.cid, { maxBytes: 50 }));
  });

  it("error: a CID of another kind to read", async () => {
    for (const cid of foreignCids) {
      await expectError("DIGEST_MISMATCH", () => reader().has(cid));
      await expectError("DIGEST_MISMATCH", () => reader().getBlock(cid));
      await expectError("DIGEST_MISMATCH", () => collectBytes(reader().get(cid)));
    }
  });

  it("error: reading stopped by the caller", async () => {
    const { cid } = await source().put(new Uint8Array(3 * MIB));
    const signal = AbortSignal.abort();
    await expectError("CANCELLED", () => collectBytes(reader().get(cid, { signal })));
    await expectError("CANCELLED", () => reader().getBlock(cid, { signal }));
    await expectError("CANCELLED", () => reader().has(cid, { signal }));
  });
}

/** What every BlobStore does, whatever it stands on. Call inside a `describe`. */
export function blobStoreContract(store: () => BlobStore): void {
  const random = createRandom(7);
  blobReaderContract(store, store);

  it("behavior: a stream of uneven pieces is the same as one array", async () => {
    const bytes = distinct(random, 2 * MIB + 5);
    async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
      for (let at = 0; at < bytes.length; at += 333_333) yield bytes.subarray(at, at + 333_333);
    }
    expect(await store().put(pieces())).to.deep.equal(await store().put(bytes));
  });

  it("behavior: a source may use one buffer for all its pieces", async () => {
    const bytes = distinct(random, 4 * MIB);
    const buffer = new Uint8Array(MIB);
    function* pieces(): Generator<Uint8Array, void, undefined> {
      for (let at = 0; at < bytes.length; at += MIB) {
        buffer.set(bytes.subarray(at, at + MIB));
        yield buffer;
      }
    }
    const { cid } = await store().put(pieces());
    expect(Buffer.from(await collectBytes(store().get(cid))).equals(bytes)).to.equal(true);
  });

  it("behavior: pinning and unpinning twice is as once", async () => {
    const { cid } = await store().put(random.bytes(100));
    await store().unpin(cid);
    await store().unpin(cid);
    expect(await store().stat(cid)).to.include({ pinned: false });
    await store().pin(cid);
    await store().pin(cid);
    expect(await store().stat(cid)).to.include({ pinned: true });
  });

  it("behavior: what is put is pinned", async () => {
    const bytes = encodeCbor({ hello: random.integer(1_000_000) });
    const { cid, digest } = await store().putBlock(bytes, "dag-cbor");
    expect(digest).to.equal(sha256Hex(bytes));
    expect(cid).to.equal(cidOfDigest(digest, "dag-cbor"));
    expect(digestOfCid(cid)).to.equal(digest);
    expect(Buffer.from(await store().getBlock(cid)).equals(bytes)).to.equal(true);
    expect(await store().stat(cid)).to.deep.equal({ size: bytes.length, pinned: true });
  });

  it("error: pinning what is not there", async () => {
    await expectError("BLOB_NOT_FOUND", () => store().pin(absent));
    await store().unpin(absent);
  });

  it("error: an object that is too large for a block", async () => {
    await expectError("STORE_FAILED", () => store().putBlock(new Uint8Array(2 * MIB + 1), "dag-cbor"));
  });

  it("error: a CID of another kind to pin", async () => {
    for (const cid of foreignCids) {
      await expectError("DIGEST_MISMATCH", () => store().pin(cid));
      await expectError("DIGEST_MISMATCH", () => store().unpin(cid));
    }
  });

  it("error: stopped by the caller", async () => {
    const signal = AbortSignal.abort();
    await expectError("CANCELLED", () => store().put(new Uint8Array(10), { signal }));
    const controller = new AbortController();
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      for (let piece = 0; ; piece++) {
        if (piece === 10) controller.abort();
        yield random.bytes(MIB / 4);
      }
    }
    await expectError("CANCELLED", () => store().put(source(), { signal: controller.signal }));
  });

  it("error: of the source comes out as it went in", async () => {
    const broken = new Error("broken source");
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      yield new Uint8Array(10);
      throw broken;
    }
    let caught: unknown;
    await store()
      .put(source())
      .catch((cause: unknown) => {
        caught = cause;
      });
    expect(caught).to.equal(broken);
  });
}
