import { nodeCrypto, zeroise } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { type ByteSource, collectBytes, createByteReader } from "./byteStream.ts";
import { type ChunkCipher, webChunkCipher } from "./envelopeChunks.ts";
import {
  damaged,
  ENVELOPE_CHUNK_BYTES,
  ENVELOPE_HEADER_BYTES,
  type EnvelopeIds,
  type EnvelopePadding,
  makeHeader,
  openHeader,
  plaintextBytesOf,
  SEALED_CHUNK_BYTES,
  TAG_BYTES,
} from "./envelopeHeader.ts";
import { createNodeChunkCipher } from "./envelopeNodeChunks.ts";
import { paddedSource, trimmed } from "./padding.ts";

/**
 * The envelope of docs/envelope.md: a 152-byte header, then chunks of AES-256-GCM in the STREAM construction
 * (Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015).
 *
 * The header is authenticated twice: its first 88 bytes and the salt go into the key and its commitment, and all 152
 * bytes are associated data of every chunk. So a header that passes the commitment is true before any chunk is read,
 * and a chunk from another object, place or end never opens.
 */

const chunkCipher: ChunkCipher = nodeCrypto === undefined ? webChunkCipher : createNodeChunkCipher(nodeCrypto);

/**
 * Encrypts a stream of exactly `plaintextLength` bytes, in constant memory. `dek` is copied at the first read and stays
 * the caller's to zeroise.
 *
 * @throws ENVELOPE_INVALID when the source is longer or shorter than `plaintextLength`; what was made so far is useless.
 */
export async function* encryptEnvelope(
  source: ByteSource,
  parameters: encryptEnvelope.Parameters,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const header = makeHeader(parameters);
  try {
    yield Uint8Array.from(header.bytes);
    const { contentLength: length, fields } = header;
    const whole = fields.isPadded ? paddedSource(source, { length, paddedLength: fields.plaintextLength }) : source;
    yield* chunkCipher.seal(whole, header, parameters.transient === true);
  } finally {
    zeroise(header.key);
  }
}

export declare namespace encryptEnvelope {
  type Parameters = EnvelopeIds & {
    /** Data key of this segment and key epoch, 32 bytes. */
    readonly dek: Uint8Array;
    readonly version: number;
    /** Bytes the source will give. */
    readonly plaintextLength: number;
    /** Default `none`: the object tells its length. */
    readonly padding?: EnvelopePadding;
    /** The reader has done with a piece when it asks for the next; its memory may then be used again. Faster. */
    readonly transient?: boolean;
  };
}

/** {@link encryptEnvelope} of what is in memory. */
export async function encryptEnvelopeBytes(
  plaintext: Uint8Array,
  parameters: Omit<encryptEnvelope.Parameters, "plaintextLength">,
): Promise<Uint8Array<ArrayBuffer>> {
  return collectBytes(
    encryptEnvelope([plaintext], { ...parameters, plaintextLength: plaintext.length, transient: false }),
  );
}

/**
 * Decrypts a stream, in constant memory. Each chunk that comes out is authentic and in its place; that nothing is missing
 * at the end is known when the generator ends without an error, so nothing may be concluded from a part.
 *
 * @throws KEY_COMMITMENT_MISMATCH when `dek` is not the key of this object, or the header was changed.
 * @throws ENVELOPE_INVALID when the object is of other ids than expected, or cut, extended, reordered or spliced.
 */
export async function* decryptEnvelope(
  source: ByteSource,
  parameters: decryptEnvelope.Parameters,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const reader = createByteReader(source);
  let key: Uint8Array | undefined;
  try {
    const bytes = await reader.take(ENVELOPE_HEADER_BYTES);
    if (bytes === undefined)
      throw new PersonaError("ENVELOPE_INVALID", "The object ends inside the envelope's header.");
    // A copy: the source may write over its buffer while the header is still needed.
    const header = openHeader(Uint8Array.from(bytes), parameters);
    key = header.key;
    const range = { first: 0, last: header.fields.chunkCount - 1 };
    const pieces = chunkCipher.open(reader, header, range, parameters.transient === true);
    if (header.fields.isPadded) yield* trimmed(pieces, header.contentLength);
    else yield* pieces;
  } finally {
    zeroise(key);
    await reader.close();
  }
}

export declare namespace decryptEnvelope {
  type Parameters = openHeader.Expected & {
    /** As in {@link encryptEnvelope}. */
    readonly transient?: boolean;
  };
}

/** {@link decryptEnvelope} of what is in memory: all of it, or an error. */
export async function decryptEnvelopeBytes(
  envelope: Uint8Array,
  parameters: decryptEnvelope.Parameters,
): Promise<Uint8Array<ArrayBuffer>> {
  return collectBytes(decryptEnvelope([envelope], { ...parameters, transient: false }));
}

/**
 * Decrypts `length` plaintext bytes from `offset`, fetching the header and the chunks that hold them and nothing else.
 * Bytes beyond the end of the plaintext are left out, as in reading a file.
 *
 * @param readRange gives exactly `length` bytes of the object from `offset`; it may give fewer only where the object ends.
 * @throws KEY_COMMITMENT_MISMATCH and ENVELOPE_INVALID as {@link decryptEnvelope}, for the chunks that were read. A range
 * cannot tell whether other chunks of the object are whole.
 */
export async function readEnvelopeRange(
  readRange: readEnvelopeRange.ReadRange,
  parameters: readEnvelopeRange.Parameters,
): Promise<Uint8Array<ArrayBuffer>> {
  const { offset, length } = parameters;
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
    throw new PersonaError("INTERNAL", "A range needs a non-negative integer offset and length.", {
      data: { offset, length },
    });
  }
  const header = openHeader(await readRange(0, ENVELOPE_HEADER_BYTES), parameters);
  const { fields, key, contentLength } = header;
  try {
    const end = Math.min(offset + length, contentLength);
    if (offset >= end) return new Uint8Array();

    const first = Math.floor(offset / ENVELOPE_CHUNK_BYTES);
    const last = Math.floor((end - 1) / ENVELOPE_CHUNK_BYTES);
    const from = ENVELOPE_HEADER_BYTES + first * SEALED_CHUNK_BYTES;
    const to = ENVELOPE_HEADER_BYTES + last * SEALED_CHUNK_BYTES + plaintextBytesOf(last, fields) + TAG_BYTES;
    const sealed = await readRange(from, to - from);
    if (sealed.length !== to - from) throw damaged(fields, "ends too early", first);

    const result = new Uint8Array(end - offset);
    let at = first * ENVELOPE_CHUNK_BYTES;
    for await (const piece of chunkCipher.open(createByteReader([sealed]), header, { first, last }, true)) {
      const part = piece.subarray(Math.max(0, offset - at), Math.max(0, end - at));
      if (part.length > 0) result.set(part, Math.max(0, at - offset));
      at += piece.length;
    }
    return result;
  } finally {
    zeroise(key);
  }
}

export declare namespace readEnvelopeRange {
  type ReadRange = (offset: number, length: number) => Promise<Uint8Array>;
  type Parameters = openHeader.Expected & { readonly offset: number; readonly length: number };
}
