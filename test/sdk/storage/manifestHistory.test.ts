import { PersonaError } from "@persona-protocol/sdk/errors";
import { cidOfDigest, encodeManifest, type Manifest, requireManifestHistory } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { Hex } from "viem";
import { expectError } from "../../helpers/errors.ts";

const b32 = (byte: string): Hex => `0x${byte.repeat(32)}`;
const segment = (index: number, version: number): Manifest["segments"][number] => ({
  index,
  version,
  cid: cidOfDigest(b32((version % 256).toString(16).padStart(2, "0")), "raw"),
  digest: b32("0d"),
  size: 1_000,
  provenance: "none",
  entry: new Uint8Array(540).fill(version),
});

/** `count` versions; segment 0 is written in the first, segment 1 in each. */
function history(count: number): { readonly newest: Manifest; readonly blocks: Map<Hex, Uint8Array> } {
  const blocks = new Map<Hex, Uint8Array>();
  let previous: Hex | null = null;
  for (let version = 1; ; version++) {
    const segments = [segment(0, 1), segment(1, version)];
    const manifest = {
      datasetId: b32("d1"),
      version,
      keyEpoch: 1,
      previous,
      catalogue: [b32("01"), b32("02")],
      segments,
    };
    if (version === count) return { newest: manifest, blocks };
    const { bytes, digest } = encodeManifest(manifest);
    blocks.set(digest, bytes);
    previous = digest;
  }
}

describe("requireManifestHistory", () => {
  const reader =
    (blocks: ReadonlyMap<Hex, Uint8Array>, asked: Hex[] = []) =>
    async (digest: Hex) => {
      asked.push(digest);
      const block = blocks.get(digest);
      if (block === undefined) throw new PersonaError("HOST_DID_NOT_DELIVER", "not here");
      return block;
    };

  it("default: goes back as far as the oldest wanted segment, and no further", async () => {
    const { newest, blocks } = history(6);
    const asked: Hex[] = [];
    expect(await requireManifestHistory(newest, [1], reader(blocks, asked))).to.equal(0);
    expect(asked).to.deep.equal([]);
    expect(await requireManifestHistory(newest, [0, 1], reader(blocks, asked))).to.equal(5);
    expect(asked).to.have.lengthOf(5);
  });

  it("behavior: what is not there any more ends it", async () => {
    const { newest, blocks } = history(6);
    const [first] = blocks.keys();
    if (first !== undefined) blocks.delete(first);
    expect(await requireManifestHistory(newest, [0], reader(blocks))).to.equal(4);
  });

  it("behavior: a failure that is not about the block is not taken for its absence", async () => {
    const { newest } = history(2);
    const broken = async (): Promise<never> => {
      throw new TypeError("a mistake of ours");
    };
    const failure = await requireManifestHistory(newest, [0], broken).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(TypeError);
  });

  it("error: a version above the first that names none before it", async () => {
    const { newest, blocks } = history(3);
    await expectError("MANIFEST_INVALID", () =>
      requireManifestHistory({ ...newest, previous: null }, [0], reader(blocks)),
    );
  });

  it("error: more versions than a reader compares", async () => {
    const { newest, blocks } = history(1_026);
    await expectError("MANIFEST_INVALID", () => requireManifestHistory(newest, [0], reader(blocks)));
    const { newest: shorter, blocks: fewer } = history(1_025);
    expect(await requireManifestHistory(shorter, [0], reader(fewer))).to.equal(1_024);
  });
});
