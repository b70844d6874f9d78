import { createHash } from "node:crypto";
import { nodeCrypto, toHex } from "@persona-protocol/sdk/crypto";
import { collectBytes, createBlobStore, ENVELOPE_HEADER_BYTES, padmeLength } from "@persona-protocol/sdk/storage";
import type { Hex } from "viem";
import { webChunkCipher } from "../../sdk/src/storage/envelopeChunks.ts";
import { type KeyedHeader, makeHeader, SEALED_CHUNK_BYTES } from "../../sdk/src/storage/envelopeHeader.ts";
import { createNodeChunkCipher } from "../../sdk/src/storage/envelopeNodeChunks.ts";
import { ToolError } from "../command/ToolError.ts";

/** Objects up to here are in the file whole; of larger ones their header, tags and digests. */
const MAX_WHOLE_BYTES = 4_096;

const cases: readonly { readonly name: string; readonly length: number; readonly padding?: "padme" }[] = [
  { name: "empty", length: 0 },
  { name: "one byte", length: 1 },
  { name: "a thousand bytes", length: 1_000 },
  { name: "one full chunk", length: 2 ** 20 },
  { name: "three chunks", length: 2 ** 21 + 5 },
  { name: "nothing, padded", length: 0, padding: "padme" },
  { name: "a thousand bytes, padded", length: 1_000, padding: "padme" },
  { name: "one byte of a second chunk, padded", length: 2 ** 20 + 1, padding: "padme" },
  { name: "three chunks, padded", length: 2 ** 21 + 5, padding: "padme" },
];

type Refused = {
  readonly name: string;
  readonly of: string;
  /** Parts of the object, in this order; null: it is as it was. */
  readonly slices: readonly (readonly [number, number])[] | null;
  /** Then these bytes are replaced. */
  readonly set: Readonly<Record<string, number>>;
  readonly dek?: Hex;
  readonly error: "ENVELOPE_INVALID" | "KEY_COMMITMENT_MISMATCH";
};

const at = (chunk: number): number => ENVELOPE_HEADER_BYTES + chunk * SEALED_CHUNK_BYTES;
const end = at(2) + 5 + 16;
const header: readonly [number, number] = [0, ENVELOPE_HEADER_BYTES];
const [first, second, last] = [[at(0), at(1)] as const, [at(1), at(2)] as const, [at(2), end] as const];
const invalid = "ENVELOPE_INVALID";

const refused: readonly Refused[] = [
  { name: "nothing", of: "empty", slices: [], set: {}, error: invalid },
  { name: "cut inside the header", of: "empty", slices: [[0, 151]], set: {}, error: invalid },
  { name: "cut inside the tag", of: "empty", slices: [[0, 167]], set: {}, error: invalid },
  {
    name: "one byte too many",
    of: "one byte",
    slices: [
      [0, 169],
      [0, 1],
    ],
    set: {},
    error: invalid,
  },
  { name: "another magic", of: "one byte", slices: null, set: { 0: 0x51 }, error: invalid },
  { name: "version 2", of: "one byte", slices: null, set: { 4: 2 }, error: invalid },
  { name: "suite 2", of: "one byte", slices: null, set: { 5: 2 }, error: invalid },
  { name: "another chunk size", of: "one byte", slices: null, set: { 6: 16 }, error: invalid },
  { name: "a reserved byte", of: "one byte", slices: null, set: { 87: 1 }, error: invalid },
  { name: "padding of another kind", of: "one byte", slices: null, set: { 7: 2 }, error: invalid },
  { name: "a hidden length without padding", of: "one byte", slices: null, set: { 79: 1 }, error: invalid },
  {
    name: "not padded after all",
    of: "nothing, padded",
    slices: null,
    set: { 7: 0 },
    error: invalid,
  },
  {
    name: "padded after all",
    of: "one byte",
    slices: null,
    set: { 7: 1 },
    error: "KEY_COMMITMENT_MISMATCH",
  },
  { name: "a reserved byte, padded", of: "a thousand bytes, padded", slices: null, set: { 80: 1 }, error: invalid },
  {
    name: "another hidden length",
    of: "a thousand bytes, padded",
    slices: null,
    set: { 79: 0 },
    error: "KEY_COMMITMENT_MISMATCH",
  },
  { name: "length without its chunk count", of: "one byte", slices: null, set: { 61: 0x20 }, error: invalid },
  { name: "another length", of: "one byte", slices: null, set: { 63: 2 }, error: "KEY_COMMITMENT_MISMATCH" },
  { name: "another dataset version", of: "one byte", slices: null, set: { 55: 8 }, error: "KEY_COMMITMENT_MISMATCH" },
  { name: "another salt", of: "one byte", slices: null, set: { 88: 0 }, error: "KEY_COMMITMENT_MISMATCH" },
  { name: "another commitment", of: "one byte", slices: null, set: { 151: 0 }, error: "KEY_COMMITMENT_MISMATCH" },
  {
    name: "another key",
    of: "one byte",
    slices: null,
    set: {},
    dek: `0x${"43".repeat(32)}`,
    error: "KEY_COMMITMENT_MISMATCH",
  },
  { name: "a changed byte", of: "one byte", slices: null, set: { 152: 0 }, error: invalid },
  {
    name: "chunks in another order",
    of: "three chunks",
    slices: [header, second, first, last],
    set: {},
    error: invalid,
  },
  { name: "a chunk twice", of: "three chunks", slices: [header, first, first, last], set: {}, error: invalid },
  { name: "a chunk left out", of: "three chunks", slices: [header, first, last], set: {}, error: invalid },
  { name: "the last chunk left out", of: "three chunks", slices: [header, first, second], set: {}, error: invalid },
  { name: "the last chunk twice", of: "three chunks", slices: [[0, end], last], set: {}, error: invalid },
];

/**
 * Envelopes with fixed keys and salts, each made by WebCrypto and by node:crypto, and what a reader must refuse.
 *
 * @throws ToolError where the two differ.
 */
export async function envelopeVectors(): Promise<object> {
  const ids = { datasetId: toHex(new Uint8Array(32).fill(0xd1)), segment: 3, keyEpoch: 2, version: 7 } as const;
  const dek = new Uint8Array(32).fill(0x42);
  const accepted: object[] = [];
  for (const [index, { name, length, padding }] of cases.entries()) {
    const salt = createHash("sha256").update(`persona envelope vector ${index}`).digest();
    const plaintext = Uint8Array.from({ length }, (_, byte) => byte % 251);
    const held = new Uint8Array(padding === undefined ? length : padmeLength(length));
    held.set(plaintext);
    const object = await sealTwice(held, () => makeHeader({ ...ids, dek, plaintextLength: length, padding }, salt));
    const { cid } = await createBlobStore(nowhere).put(object);
    accepted.push({
      name,
      plaintextLength: length,
      ...(padding !== undefined && { padding }),
      salt: toHex(salt),
      header: toHex(object.subarray(0, ENVELOPE_HEADER_BYTES)),
      tags: tagsOf(object),
      size: object.length,
      sha256: `0x${createHash("sha256").update(object).digest("hex")}`,
      cid,
      ...(object.length <= MAX_WHOLE_BYTES && { object: toHex(object) }),
    });
  }
  return {
    about: "docs/envelope.md. Byte i of each plaintext is i mod 251.",
    dek: toHex(dek),
    ...ids,
    accepted,
    refused,
  };
}

async function sealTwice(plaintext: Uint8Array, header: () => KeyedHeader): Promise<Uint8Array> {
  if (nodeCrypto === undefined) throw new ToolError("This Node has no crypto.");
  const [one, two] = await Promise.all(
    [webChunkCipher, createNodeChunkCipher(nodeCrypto)].map(async (cipher) => {
      const keyed = header();
      return Buffer.concat([keyed.bytes, await collectBytes(cipher.seal([plaintext], keyed, false))]);
    }),
  );
  if (one === undefined || two === undefined || !one.equals(two)) {
    throw new ToolError("WebCrypto and node:crypto do not make the same envelope.");
  }
  return Uint8Array.from(one);
}

function tagsOf(object: Uint8Array): Hex[] {
  const tags: Hex[] = [];
  for (let start = ENVELOPE_HEADER_BYTES; start < object.length; start += SEALED_CHUNK_BYTES) {
    const chunk = object.subarray(start, start + SEALED_CHUNK_BYTES);
    tags.push(toHex(chunk.subarray(-16)));
  }
  return tags;
}

/** For the CID alone. */
const nowhere = {
  write: async () => {},
  read: async () => undefined,
  has: async () => false,
  pin: async () => {},
  unpin: async () => {},
  isPinned: async () => false,
};
