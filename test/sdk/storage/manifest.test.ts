import { randomBytes, toHex } from "@persona-protocol/sdk/crypto";
import {
  cidOfDigest,
  decodeManifest,
  encodeCbor,
  encodeManifest,
  type Manifest,
  type ManifestEntry,
  type ManifestSegment,
  openManifestEntry,
  sealManifestEntry,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { CID } from "multiformats/cid";
import { create as createDigest } from "multiformats/hashes/digest";
import type { Hex } from "viem";
import { expectError } from "../../helpers/errors.ts";

const b32 = (byte: string): Hex => `0x${byte.repeat(32)}`;

const segment = (index: number): ManifestSegment => ({
  index,
  version: 2,
  cid: cidOfDigest(b32("0c"), index % 2 === 0 ? "raw" : "dag-pb"),
  digest: b32("0d"),
  size: 1_000 + index,
  provenance: "ingest-enclave",
  entry: new Uint8Array(540).fill(index),
});
const manifest: Manifest = {
  datasetId: b32("d1"),
  version: 3,
  keyEpoch: 1,
  previous: b32("0b"),
  catalogue: [b32("01"), b32("02"), b32("03")],
  segments: [segment(0), segment(2)],
};

describe("encodeManifest", () => {
  it("default", () => {
    const { bytes, digest } = encodeManifest(manifest);
    expect(decodeManifest(bytes)).to.deep.equal(manifest);
    expect(decodeManifest(bytes, { ...manifest, digest })).to.deep.equal(manifest);
  });

  it("behavior: the same manifest has the same bytes, whatever the order of its fields", () => {
    const reordered = Object.fromEntries(Object.entries(manifest).reverse()) as Manifest;
    expect(encodeManifest(reordered)).to.deep.equal(encodeManifest(manifest));
    expect(encodeManifest(manifest).digest).to.equal(
      "0x5f70388b732b79166885bd5998cb9662e4a52e4e900e11218d7d6e2e8b50db96",
    );
  });

  it("behavior: a first manifest has no previous one, and an empty one is valid", () => {
    const first: Manifest = { ...manifest, version: 0, previous: null, catalogue: [], segments: [] };
    expect(decodeManifest(encodeManifest(first).bytes)).to.deep.equal(first);
  });

  it("behavior: 256 segments with full entries fit", () => {
    const all = Array.from({ length: 256 }, (_, index) => ({ ...segment(index), entry: new Uint8Array(2_076) }));
    const { bytes } = encodeManifest({ ...manifest, catalogue: all.map(() => b32("01")), segments: all });
    expect(bytes.length).to.be.lessThan(2 ** 20);
  });

  it("error: what the schema forbids", async () => {
    const changes: Partial<Manifest>[] = [
      { version: -1 },
      { version: 2 ** 48 },
      { version: 1 },
      { keyEpoch: 1.5 },
      { datasetId: "0x00" },
      { catalogue: Array.from({ length: 257 }, () => b32("01")) },
      { catalogue: [b32("01")] },
      { segments: [segment(2), segment(0)] },
      { segments: [segment(0), segment(0)] },
      { segments: [{ ...segment(0), size: 0 }] },
      { segments: [{ ...segment(0), index: -1 }] },
      { segments: [{ ...segment(0), entry: new Uint8Array(0) }] },
      { segments: [{ ...segment(0), entry: new Uint8Array(2_077) }] },
      { segments: [{ ...segment(0), cid: cidOfDigest(b32("0c"), "dag-cbor") }] },
      { segments: [{ ...segment(0), cid: "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n" }] },
      { segments: [{ ...segment(0), cid: "nonsense" }] },
      { segments: [{ ...segment(0), provenance: "hearsay" as "none" }] },
    ];
    for (const change of changes) {
      await expectError("MANIFEST_INVALID", () => encodeManifest({ ...manifest, ...change }));
    }
  });
});

describe("decodeManifest", () => {
  it("error: another digest, dataset, version or key epoch than the chain's", async () => {
    const { bytes } = encodeManifest(manifest);
    await expectError("DIGEST_MISMATCH", () => decodeManifest(bytes, { digest: b32("00") }));
    await expectError("MANIFEST_INVALID", () => decodeManifest(bytes, { datasetId: b32("d2") }));
    await expectError("MANIFEST_INVALID", () => decodeManifest(bytes, { version: 4 }));
    await expectError("MANIFEST_INVALID", () => decodeManifest(bytes, { keyEpoch: 0 }));
  });

  it("error: too large, empty, nested without end, or no manifest", async () => {
    const nested = new Uint8Array(900_000).fill(0x81);
    const longArray = Uint8Array.of(0x9b, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff);
    const wrong = [
      new Uint8Array(2 ** 20 + 1),
      new Uint8Array(),
      nested,
      longArray,
      encodeCbor([]),
      encodeCbor("text"),
    ];
    for (const bytes of wrong) await expectError("MANIFEST_INVALID", () => decodeManifest(bytes));
  });

  it("error: a link that holds its data itself, uses another hash, is of version 0 or names an object", async () => {
    const links = [
      CID.createV1(0x55, createDigest(0x00, new Uint8Array(32))),
      CID.createV1(0x55, createDigest(0x13, new Uint8Array(64))),
      CID.createV1(0x55, createDigest(0x12, new Uint8Array(20))),
      CID.createV0(createDigest(0x12, new Uint8Array(32))),
      CID.createV1(0x71, createDigest(0x12, new Uint8Array(32))),
    ];
    for (const cid of [...links, new Uint8Array(36), "bafy"]) {
      const value = {
        v: 1,
        datasetId: new Uint8Array(32),
        version: 1,
        keyEpoch: 0,
        previous: null,
        catalogue: [new Uint8Array(32)],
        segments: [
          { index: 0, version: 1, cid, digest: new Uint8Array(32), size: 1, provenance: 0, entry: new Uint8Array(1) },
        ],
      };
      const error = await expectError("MANIFEST_INVALID", () => decodeManifest(encodeCbor(value)));
      expect(error.data["path"]).to.equal("segments.0.cid");
    }
  });
});

describe("sealManifestEntry", () => {
  const dek = randomBytes(32);
  const ids = { datasetId: b32("d1"), segment: 4, keyEpoch: 1, version: 7 } as const;
  const entry: ManifestEntry = {
    name: "social.posts",
    schema: "activitystreams/note/1",
    count: 12,
    from: 1_600_000_000,
    to: 1_700_000_000,
    nameSalt: toHex(randomBytes(32)),
  };

  it("default", async () => {
    const sealed = await sealManifestEntry(entry, { ...ids, dek });
    expect(await openManifestEntry(sealed, { ...ids, dek })).to.deep.equal(entry);
  });

  it("behavior: entries of different names and counts have the same length", async () => {
    const other: ManifestEntry = { ...entry, name: "email.message-bodies", count: 1_234_567, from: null, to: null };
    const [one, two] = await Promise.all([entry, other].map((item) => sealManifestEntry(item, { ...ids, dek })));
    expect(one).to.have.lengthOf(two?.length ?? 0);
    expect(one).to.have.lengthOf(12 + 512 + 16);
  });

  it("error: opened with another key, dataset, segment, key epoch or version", async () => {
    const sealed = await sealManifestEntry(entry, { ...ids, dek });
    const wrong = [{ dek: randomBytes(32) }, { datasetId: b32("d2") }, { segment: 5 }, { keyEpoch: 2 }, { version: 8 }];
    for (const change of wrong) {
      await expectError("MANIFEST_INVALID", () => openManifestEntry(sealed, { ...ids, dek, ...change }));
    }
    await expectError("MANIFEST_INVALID", () => openManifestEntry(sealed.slice(0, 20), { ...ids, dek }));
  });

  it("error: an entry out of bounds", async () => {
    for (const change of [
      { name: "" },
      { name: "x".repeat(129) },
      { schema: "x".repeat(257) },
      { count: -1 },
      { from: 0.5 },
    ]) {
      await expectError("MANIFEST_INVALID", () => sealManifestEntry({ ...entry, ...change }, { ...ids, dek }));
    }
  });
});
