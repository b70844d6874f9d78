import {
  cidOfDigest,
  encodeManifest,
  type Manifest,
  type ManifestSegment,
  requireManifestSuccessor,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { Hex } from "viem";
import { expectError } from "../../helpers/errors.ts";

const b32 = (byte: string): Hex => `0x${byte.repeat(32)}`;
const segment = (index: number, version: number): ManifestSegment => ({
  index,
  version,
  cid: cidOfDigest(b32(version.toString(16).padStart(2, "0")), "raw"),
  digest: b32("0d"),
  size: 1_000,
  provenance: "none",
  entry: new Uint8Array(540).fill(version),
});
const first: Manifest = {
  datasetId: b32("d1"),
  version: 4,
  keyEpoch: 2,
  previous: b32("0b"),
  catalogue: [b32("01"), b32("02"), b32("03")],
  segments: [segment(0, 3), segment(1, 4), segment(2, 2)],
};
const before = { manifest: first, digest: encodeManifest(first).digest };
const next: Manifest = { ...first, version: 5, previous: before.digest };

describe("requireManifestSuccessor", () => {
  it("default: segments stay, change, come and go; the catalogue grows", () => {
    requireManifestSuccessor(before, next);
    requireManifestSuccessor(before, {
      ...next,
      catalogue: [...first.catalogue, b32("04")],
      segments: [segment(0, 3), segment(1, 5), segment(3, 5)],
    });
  });

  it("behavior: a new key epoch brings new objects only", async () => {
    requireManifestSuccessor(before, { ...next, keyEpoch: 3, segments: [segment(0, 5), segment(1, 5)] });
    await expectError("MANIFEST_INVALID", () => requireManifestSuccessor(before, { ...next, keyEpoch: 3 }));
  });

  it("behavior: a writer changes what is delegated and nothing else", async () => {
    const written = { ...next, segments: [segment(0, 3), segment(1, 5), segment(2, 2)] };
    requireManifestSuccessor(before, written, 0b010n);
    const wrong: readonly (readonly [Manifest, bigint])[] = [
      [written, 0b101n],
      [written, 0n],
      [{ ...written, segments: written.segments.slice(0, 2) }, 0b010n],
      [{ ...written, segments: written.segments.slice(0, 2) }, 0b111n],
      [{ ...written, catalogue: [...first.catalogue, b32("04")] }, 0b010n],
      [{ ...written, keyEpoch: 3, segments: [0, 1, 2].map((index) => segment(index, 5)) }, 0b111n],
    ];
    for (const [manifest, writable] of wrong) {
      await expectError("MANIFEST_INVALID", () => requireManifestSuccessor(before, manifest, writable));
    }
  });

  it("error: another dataset, version, predecessor, key epoch or catalogue", async () => {
    const wrong: Partial<Manifest>[] = [
      { datasetId: b32("d2") },
      { version: 4 },
      { version: 6 },
      { previous: null },
      { previous: first.previous },
      { keyEpoch: 1 },
      { catalogue: first.catalogue.slice(0, 2), segments: first.segments.slice(0, 2) },
      { catalogue: [b32("01"), b32("03"), b32("02")] },
    ];
    for (const change of wrong) {
      await expectError("MANIFEST_INVALID", () => requireManifestSuccessor(before, { ...next, ...change }));
    }
  });

  it("error: each field of a segment that changes under its old version", async () => {
    const changes: Partial<ManifestSegment>[] = [
      { version: 2 },
      { cid: cidOfDigest(b32("0c"), "raw") },
      { digest: b32("0e") },
      { size: 1_001 },
      { provenance: "third-party" },
      { entry: new Uint8Array(540) },
    ];
    for (const change of changes) {
      const segments = [{ ...segment(0, 3), ...change }, segment(1, 4), segment(2, 2)];
      const error = await expectError("MANIFEST_INVALID", () =>
        requireManifestSuccessor(before, { ...next, segments }),
      );
      expect(error.data["segment"]).to.equal(0);
    }
  });
});
