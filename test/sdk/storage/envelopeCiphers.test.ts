import { createHash } from "node:crypto";
import { fromHex, nodeCrypto, randomBytes } from "@persona-protocol/sdk/crypto";
import { collectBytes, ENVELOPE_CHUNK_BYTES } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { createByteReader } from "../../../sdk/src/storage/byteStream.ts";
import { type ChunkCipher, webChunkCipher } from "../../../sdk/src/storage/envelopeChunks.ts";
import { type KeyedHeader, makeHeader } from "../../../sdk/src/storage/envelopeHeader.ts";
import { createNodeChunkCipher } from "../../../sdk/src/storage/envelopeNodeChunks.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom } from "../../helpers/random.ts";

/** Both ways of computing chunks are tested here, since Node's would otherwise hide the browsers'. */
describe("the ciphers of an envelope", () => {
  if (nodeCrypto === undefined) throw new Error("this Node has no crypto of its own");
  const ciphers: readonly (readonly [string, ChunkCipher])[] = [
    ["WebCrypto", webChunkCipher],
    ["node:crypto", createNodeChunkCipher(nodeCrypto)],
  ];
  const random = createRandom(3);
  const headerOf = (plaintextLength: number): KeyedHeader =>
    makeHeader({
      datasetId: `0x${"ab".repeat(32)}`,
      segment: 1,
      keyEpoch: 1,
      version: 1,
      dek: fromHex(`0x${"05".repeat(32)}`),
      plaintextLength,
    });
  const all = ({ fields }: KeyedHeader) => ({ first: 0, last: fields.chunkCount - 1 });
  const lengths = [0, 1, 65_536, ENVELOPE_CHUNK_BYTES - 1, ENVELOPE_CHUNK_BYTES, 2 * ENVELOPE_CHUNK_BYTES + 70_000];

  /** Pieces of any size, in one buffer that is written over as soon as the next is asked for. */
  function* transient(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
    const buffer = new Uint8Array(300_000);
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + 1 + random.integer(buffer.length));
      buffer.fill(0xee);
      buffer.set(piece);
      at += piece.length;
      yield buffer.subarray(0, piece.length);
    }
    buffer.fill(0xee);
  }

  it("behavior: make the same bytes, and each opens the other's", async () => {
    for (const length of lengths) {
      const [header, plaintext] = [headerOf(length), randomBytes(length)];
      const sealed = await Promise.all(
        ciphers.map(([, cipher]) => collectBytes(cipher.seal(transient(plaintext), header, false))),
      );
      const [one = new Uint8Array(), two = new Uint8Array()] = sealed;
      expect(Buffer.from(one).equals(two), `${length} bytes`).to.equal(true);
      for (const [name, cipher] of ciphers) {
        const reader = createByteReader(transient(one));
        const opened = await collectBytes(cipher.open(reader, header, all(header), false));
        expect(Buffer.from(opened).equals(plaintext), `${name}, ${length} bytes`).to.equal(true);
      }
    }
  });

  it("behavior: transient pieces hold the same bytes until the next", async () => {
    const [header, plaintext] = [headerOf(2_000_000), randomBytes(2_000_000)];
    for (const [, cipher] of ciphers) {
      const kept = await collectBytes(cipher.seal([plaintext], header, false));
      const hash = createHash("sha256");
      for await (const piece of cipher.seal([plaintext], header, true)) hash.update(piece);
      expect(hash.digest().equals(createHash("sha256").update(kept).digest())).to.equal(true);
    }
  });

  for (const [name, cipher] of ciphers) {
    it(`error: ${name} refuses a changed, cut, longer or moved chunk, and gives nothing of it`, async () => {
      const [header, plaintext] = [headerOf(ENVELOPE_CHUNK_BYTES + 100), randomBytes(ENVELOPE_CHUNK_BYTES + 100)];
      const sealed = await collectBytes(cipher.seal([plaintext], header, false));
      const [first, last] = [sealed.subarray(0, ENVELOPE_CHUNK_BYTES + 16), sealed.subarray(ENVELOPE_CHUNK_BYTES + 16)];
      const flipped = first.map((byte, at) => (at === 70_000 ? byte ^ 1 : byte));
      const wrong: (readonly [Uint8Array[], number])[] = [
        [[flipped, last], 0],
        [[first.subarray(0, -1), last], 0],
        [[first], ENVELOPE_CHUNK_BYTES],
        [[first, last.subarray(0, 50)], ENVELOPE_CHUNK_BYTES],
        [[first, last, Uint8Array.of(0)], ENVELOPE_CHUNK_BYTES],
        [[first, first.subarray(0, last.length)], ENVELOPE_CHUNK_BYTES],
      ];
      for (const [pieces, authentic] of wrong) {
        let given = 0;
        await expectError("ENVELOPE_INVALID", async () => {
          for await (const piece of cipher.open(createByteReader(pieces), header, all(header), false))
            given += piece.length;
        });
        expect(given).to.be.at.most(authentic);
      }
    });

    it(`error: ${name} refuses a source of another length`, async () => {
      for (const [announced, given] of [
        [0, 1],
        [1, 0],
        [10, 11],
        [ENVELOPE_CHUNK_BYTES, ENVELOPE_CHUNK_BYTES + 1],
        [ENVELOPE_CHUNK_BYTES + 1, ENVELOPE_CHUNK_BYTES],
      ] as const) {
        await expectError("ENVELOPE_INVALID", () =>
          collectBytes(cipher.seal([new Uint8Array(given)], headerOf(announced), false)),
        );
      }
    });
  }
});
