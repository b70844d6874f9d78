import { randomBytes, sha256 } from "@persona-protocol/sdk/crypto";
import { cidOfDigest, collectBytes, createBlobStore } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { exporter } from "ipfs-unixfs-exporter";
import { importByteStream } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { balanced } from "ipfs-unixfs-importer/layout";
import { CID } from "multiformats/cid";
import { decodeFileNode, encodeFileNode, type FileLink } from "../../../sdk/src/storage/dagPb.ts";
import { expectError } from "../../helpers/errors.ts";
import { createMemoryMedium, type MemoryMedium } from "../../helpers/memoryMedium.ts";
import { createRandom, mutate, testSeed } from "../../helpers/random.ts";

const MIB = 2 ** 20;
const leaf = new Uint8Array(MIB);

describe("writeUnixFs", () => {
  it("behavior: makes the CIDs of ipfs-unixfs-importer, and ipfs-unixfs-exporter reads its blocks", async () => {
    for (const length of [0, 1, MIB, MIB + 1, 7 * MIB + 99]) {
      const bytes = randomBytes(Math.min(length, 65_536));
      const whole = new Uint8Array(length).map((_, at) => bytes[at % 65_536] ?? 0);
      const medium = createMemoryMedium();
      const { cid } = await createBlobStore(medium).put(whole);
      const imported = await importByteStream(
        [whole],
        { put: async (key: CID) => key },
        {
          cidVersion: 1,
          rawLeaves: true,
          chunker: fixedSize({ chunkSize: MIB }),
          layout: balanced({ maxChildrenPerNode: 1_024 }),
        },
      );
      expect(cid).to.equal(imported.cid.toString());
      const file = await exporter(cid, {
        async *get(key: CID) {
          yield medium.blocks.get(key.toString()) ?? new Uint8Array();
        },
      });
      if (file.type !== "file" && file.type !== "raw") throw new Error(`a file became ${file.type}`);
      expect(Buffer.from(await collectBytes(file.content())).equals(whole)).to.equal(true);
    }
  });

  it("behavior: more than 1,024 leaves make a second level, as in Kubo", async () => {
    const medium = createMemoryMedium();
    const store = createBlobStore(medium);
    function* zeros(): Generator<Uint8Array, void, undefined> {
      for (let at = 0; at < 1_025; at++) yield leaf;
      yield Uint8Array.of(0);
    }
    const { cid, size } = await store.put(zeros());
    expect(size).to.equal(1_025 * MIB + 1);
    // `ipfs add` of Kubo 0.40 with the options in unixfs.ts.
    expect(cid).to.equal("bafybeidifgl7inpxjc25u56bx6f2ojhdoov2qptq22jphzsqj4c7tvgy6a");
    expect(await store.stat(cid)).to.include({ size });
    expect(await collectBytes(store.get(cid, { offset: 1_024 * MIB - 1, length: 3 }))).to.deep.equal(new Uint8Array(3));
    medium.reads.length = 0;
    expect(await collectBytes(store.get(cid, { offset: 1_025 * MIB }))).to.deep.equal(new Uint8Array(1));
    // Root, second node, last leaf.
    expect(medium.reads).to.have.lengthOf(3);
  }).timeout(60_000);
});

describe("readUnixFs", () => {
  /** Puts a block as it is and gives the link to it. */
  const plant = (
    medium: MemoryMedium,
    bytes: Uint8Array,
    codec: "raw" | "dag-pb" | "dag-cbor",
    fileSize: number,
  ): FileLink => {
    const cid = cidOfDigest(sha256(bytes), codec);
    medium.blocks.set(cid, bytes);
    return { cid: CID.parse(cid).bytes, fileSize, dagSize: bytes.length };
  };
  const node = (links: readonly FileLink[]): Uint8Array => encodeFileNode(links).bytes;
  const read = async (medium: MemoryMedium, root: FileLink): Promise<Uint8Array> =>
    collectBytes(createBlobStore(medium).get(CID.decode(root.cid).toString(), { maxBytes: 2 ** 40 }));

  it("error: sizes that lie, at any level", async () => {
    const medium = createMemoryMedium();
    for (const claimed of [9, 11, 2 ** 50]) {
      const lying = plant(medium, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), "raw", claimed);
      await expectError(claimed > 2 ** 40 ? "STORE_FAILED" : "DIGEST_MISMATCH", () =>
        read(medium, plant(medium, node([lying]), "dag-pb", claimed)),
      );
      const honest = plant(medium, Uint8Array.of(1), "raw", 1);
      const inner = plant(medium, node([honest]), "dag-pb", claimed);
      await expectError(claimed > 2 ** 40 ? "STORE_FAILED" : "DIGEST_MISMATCH", () =>
        read(medium, plant(medium, node([inner, honest]), "dag-pb", claimed + 1)),
      );
    }
  });

  it("error: a chain of nodes deeper than any file", async () => {
    const medium = createMemoryMedium();
    let link = plant(medium, Uint8Array.of(1), "raw", 1);
    for (let depth = 0; depth < 50; depth++) link = plant(medium, node([link]), "dag-pb", 1);
    await expectError("DIGEST_MISMATCH", () => read(medium, link));
    expect(medium.reads.length).to.be.lessThan(10);
  });

  it("error: links to nothing, which would let a small file cost endless reads", async () => {
    const medium = createMemoryMedium();
    const nothing = plant(medium, new Uint8Array(), "raw", 0);
    const links = Array.from({ length: 1_000 }, () => nothing);
    await expectError("DIGEST_MISMATCH", () => read(medium, plant(medium, node(links), "dag-pb", 0)));
  });

  it("error: an object, a directory, a file with data of its own, or nonsense", async () => {
    const medium = createMemoryMedium();
    const object = plant(medium, Uint8Array.of(0xa0), "dag-cbor", 1);
    await expectError("DIGEST_MISMATCH", () => read(medium, object));
    await expectError("DIGEST_MISMATCH", () => read(medium, plant(medium, node([object]), "dag-pb", 1)));
    const directory = Uint8Array.of(0x0a, 2, 0x08, 1);
    const inline = Uint8Array.of(0x0a, 6, 0x08, 2, 0x12, 1, 65, 0x18);
    for (const bytes of [directory, inline, new Uint8Array(), Uint8Array.of(0xff), randomBytes(100)]) {
      await expectError("DIGEST_MISMATCH", () => read(medium, plant(medium, bytes, "dag-pb", 1)));
    }
  });

  const seed = testSeed();
  it(`behavior: 2,000 changed nodes decode to something that adds up, or are refused (PERSONA_SEED=${seed})`, () => {
    const random = createRandom(seed);
    const links = Array.from({ length: 4 }, (_, at) => ({
      cid: CID.parse(cidOfDigest(random.bytes(32), "raw")).bytes,
      fileSize: 1 + at * 1_000,
      dagSize: 1 + at * 1_000,
    }));
    const original = encodeFileNode(links).bytes;
    expect(decodeFileNode(original)).to.deep.equal({ fileSize: 6_004, links });
    for (let run = 0; run < 2_000; run++) {
      try {
        const decoded = decodeFileNode(mutate(original, random));
        expect(decoded.links.reduce((sum, link) => sum + link.fileSize, 0)).to.equal(decoded.fileSize);
        expect(decoded.links.every((link) => link.fileSize > 0)).to.equal(true);
      } catch (error) {
        if (!(error instanceof RangeError)) throw new Error(`run ${run}`, { cause: error });
      }
    }
  });
});
