import type { Hex } from "viem";
import {
  aeadDecrypt,
  aeadEncrypt,
  concatBytes,
  equalBytes,
  fromHex,
  hkdfSha256,
  importAeadKey,
  randomBytes,
  toHex,
  u32,
  u64,
  utf8,
  zeroise,
} from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { type ByteSource, collectBytes, createByteReader, pipelined, rechunk } from "./byteStream.ts";

/**
 * The envelope of docs/protocol.md 3.1: a 152-byte header, then chunks of AES-256-GCM in the STREAM construction
 * (Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015).
 *
 * The header is authenticated twice: its first 88 bytes and the salt go into the key and its commitment, and all 152
 * bytes are associated data of every chunk. So a header that passes the commitment is true before any chunk is read,
 * and a chunk from another object, place or end never opens.
 */

export const ENVELOPE_HEADER_BYTES = 152;
/** Plaintext bytes in every chunk but the last. */
export const ENVELOPE_CHUNK_BYTES = 2 ** 20;

const TAG_BYTES = 16;
const SEALED_CHUNK_BYTES = ENVELOPE_CHUNK_BYTES + TAG_BYTES;
const INFO_END = 88;
const SALT_END = 120;
const MAGIC = utf8("PSN1");
const INFO_LABEL = utf8("persona/envelope/v1");
/** The chunk number in the nonce has 32 bits. */
const MAX_PLAINTEXT_BYTES = ENVELOPE_CHUNK_BYTES * 2 ** 32;
/** Chunks in work at once: WebCrypto computes each on another thread. */
const PARALLEL_CHUNKS = 4;

type ChunkTask = () => Promise<Uint8Array<ArrayBuffer>>;

export type EnvelopeIds = {
  readonly datasetId: Hex;
  /** Segment index in the dataset's catalogue. */
  readonly segment: number;
  readonly keyEpoch: number;
};

export type EnvelopeHeader = EnvelopeIds & {
  /** Version of the dataset that first held this object. */
  readonly version: number;
  /** Bytes. */
  readonly plaintextLength: number;
  readonly chunkCount: number;
};

/** Bytes of the envelope around `plaintextLength` bytes. */
export function envelopeSize(plaintextLength: number): number {
  return ENVELOPE_HEADER_BYTES + plaintextLength + chunkCountOf(plaintextLength) * TAG_BYTES;
}

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
  const { plaintextLength } = parameters;
  const { header, key } = await newHeader(parameters);
  yield header;

  const chunkCount = chunkCountOf(plaintextLength);
  const last = chunkCount - 1;
  async function* sealed(): AsyncGenerator<ChunkTask, void, undefined> {
    let index = 0;
    for await (const chunk of rechunk(source, ENVELOPE_CHUNK_BYTES)) {
      const wanted = index === last ? plaintextLength - last * ENVELOPE_CHUNK_BYTES : ENVELOPE_CHUNK_BYTES;
      if (index > last || chunk.length !== wanted) throw lengthError(plaintextLength);
      const nonce = nonceOf(index, index === last);
      yield () => aeadEncrypt(key, nonce, chunk, header);
      index++;
    }
    if (plaintextLength === 0 && index === 0) {
      yield () => aeadEncrypt(key, nonceOf(0, true), new Uint8Array(), header);
      index++;
    }
    if (index !== chunkCount) throw lengthError(plaintextLength);
  }
  yield* pipelined(sealed(), PARALLEL_CHUNKS);
}

export declare namespace encryptEnvelope {
  type Parameters = EnvelopeIds & {
    /** Data key of this segment and key epoch, 32 bytes. */
    readonly dek: Uint8Array;
    readonly version: number;
    /** Bytes the source will give. */
    readonly plaintextLength: number;
  };
}

/** {@link encryptEnvelope} of what is in memory. */
export async function encryptEnvelopeBytes(
  plaintext: Uint8Array,
  parameters: Omit<encryptEnvelope.Parameters, "plaintextLength">,
): Promise<Uint8Array<ArrayBuffer>> {
  return collectBytes(encryptEnvelope([plaintext], { ...parameters, plaintextLength: plaintext.length }));
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
  try {
    const header = await reader.take(ENVELOPE_HEADER_BYTES);
    if (header === undefined)
      throw new PersonaError("ENVELOPE_INVALID", "The object ends inside the envelope's header.");
    const { key, fields } = await openHeader(header, parameters);
    const last = fields.chunkCount - 1;

    const headerBytes = header;
    async function* opened(): AsyncGenerator<ChunkTask, void, undefined> {
      for (let index = 0; index <= last; index++) {
        const wanted = sealedBytesOf(index, fields);
        const sealed = await reader.take(wanted);
        if (sealed === undefined) throw damaged(fields, "ends too early", index);
        if (index === last && !(await reader.atEnd())) throw damaged(fields, "is longer than its header says", index);
        yield () => openChunk(key, headerBytes, sealed, index, fields);
      }
    }
    yield* pipelined(opened(), PARALLEL_CHUNKS);
  } finally {
    await reader.close();
  }
}

export declare namespace decryptEnvelope {
  type Parameters = EnvelopeIds & {
    readonly dek: Uint8Array;
    /** Expected version; compared when given. */
    readonly version?: number;
    /** Refuse objects whose plaintext is longer, before anything of it is read. */
    readonly maxPlaintextBytes?: number;
  };
}

/** {@link decryptEnvelope} of what is in memory: all of it, or an error. */
export async function decryptEnvelopeBytes(
  envelope: Uint8Array,
  parameters: decryptEnvelope.Parameters,
): Promise<Uint8Array<ArrayBuffer>> {
  return collectBytes(decryptEnvelope([envelope], parameters));
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
  const header = await readRange(0, ENVELOPE_HEADER_BYTES);
  const { key, fields } = await openHeader(header, parameters);
  const end = Math.min(offset + length, fields.plaintextLength);
  if (offset >= end) return new Uint8Array();

  const first = Math.floor(offset / ENVELOPE_CHUNK_BYTES);
  const last = Math.floor((end - 1) / ENVELOPE_CHUNK_BYTES);
  const from = ENVELOPE_HEADER_BYTES + first * SEALED_CHUNK_BYTES;
  const to = ENVELOPE_HEADER_BYTES + last * SEALED_CHUNK_BYTES + sealedBytesOf(last, fields);
  const sealed = await readRange(from, to - from);
  if (sealed.length !== to - from) throw damaged(fields, "ends too early", first);

  const result = new Uint8Array(end - offset);
  for (let index = first; index <= last; index++) {
    const start = (index - first) * SEALED_CHUNK_BYTES;
    const chunk = sealed.subarray(start, start + sealedBytesOf(index, fields));
    const plaintext = await openChunk(key, header, chunk, index, fields);
    const chunkStart = index * ENVELOPE_CHUNK_BYTES;
    const part = plaintext.subarray(Math.max(0, offset - chunkStart), Math.min(plaintext.length, end - chunkStart));
    result.set(part, Math.max(0, chunkStart - offset));
  }
  return result;
}

export declare namespace readEnvelopeRange {
  type ReadRange = (offset: number, length: number) => Promise<Uint8Array>;
  type Parameters = decryptEnvelope.Parameters & { readonly offset: number; readonly length: number };
}

/**
 * Reads the public fields of a header without a key: good for listing, never for trust, since nothing is authenticated
 * before the commitment was compared.
 *
 * @throws ENVELOPE_INVALID when the fields are not those of a version 1 envelope.
 */
export function parseEnvelopeHeader(header: Uint8Array): EnvelopeHeader {
  const invalid = (what: string): PersonaError =>
    new PersonaError("ENVELOPE_INVALID", `The object is not a version 1 envelope: ${what}.`);
  if (header.length !== ENVELOPE_HEADER_BYTES) throw invalid(`its header has ${header.length} bytes`);
  if (!equalBytes(header.subarray(0, 4), MAGIC)) throw invalid("it does not begin with PSN1");
  if (header[4] !== 1 || header[5] !== 1 || header[6] !== 20 || header[7] !== 0) {
    throw invalid("its version, suite or chunk size is unknown");
  }
  if (header.subarray(72, INFO_END).some((byte) => byte !== 0)) throw invalid("reserved bytes are not zero");
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const integer = (offset: number): number => {
    const value = view.getBigUint64(offset);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid("a number is out of range");
    return Number(value);
  };
  const fields: EnvelopeHeader = {
    datasetId: toHex(header.subarray(8, 40)),
    segment: view.getUint32(40),
    keyEpoch: view.getUint32(44),
    version: integer(48),
    plaintextLength: integer(56),
    chunkCount: integer(64),
  };
  if (fields.plaintextLength > MAX_PLAINTEXT_BYTES || fields.chunkCount !== chunkCountOf(fields.plaintextLength)) {
    throw invalid("length and chunk count do not agree");
  }
  return fields;
}

async function newHeader(
  parameters: encryptEnvelope.Parameters,
): Promise<{ header: Uint8Array<ArrayBuffer>; key: CryptoKey }> {
  const { plaintextLength } = parameters;
  if (!Number.isSafeInteger(plaintextLength) || plaintextLength < 0 || plaintextLength > MAX_PLAINTEXT_BYTES) {
    throw new RangeError(`plaintextLength is not a length: ${plaintextLength}`);
  }
  const header = new Uint8Array(ENVELOPE_HEADER_BYTES);
  header.set(MAGIC, 0);
  header.set([1, 1, 20, 0], 4);
  header.set(fromHex(parameters.datasetId, 32), 8);
  header.set(u32(parameters.segment), 40);
  header.set(u32(parameters.keyEpoch), 44);
  header.set(u64(parameters.version), 48);
  header.set(u64(plaintextLength), 56);
  header.set(u64(chunkCountOf(plaintextLength)), 64);
  header.set(randomBytes(32), INFO_END);
  const okm = deriveOkm(parameters.dek, header);
  try {
    header.set(okm.subarray(32), SALT_END);
    return { header, key: await importAeadKey(okm.subarray(0, 32), "encrypt") };
  } finally {
    zeroise(okm);
  }
}

async function openHeader(
  header: Uint8Array,
  parameters: decryptEnvelope.Parameters,
): Promise<{ key: CryptoKey; fields: EnvelopeHeader }> {
  const fields = parseEnvelopeHeader(header);
  const expected = [
    ["datasetId", fields.datasetId, parameters.datasetId.toLowerCase()],
    ["segment", fields.segment, parameters.segment],
    ["keyEpoch", fields.keyEpoch, parameters.keyEpoch],
    ["version", fields.version, parameters.version ?? fields.version],
  ] as const;
  for (const [field, got, wanted] of expected) {
    if (got === wanted) continue;
    throw new PersonaError("ENVELOPE_INVALID", `The object belongs to another ${field} than the one asked for.`, {
      data: { field, got, wanted },
    });
  }
  const limit = parameters.maxPlaintextBytes;
  if (limit !== undefined && fields.plaintextLength > limit) {
    throw new PersonaError("ENVELOPE_INVALID", "The object is larger than the reader allows.", {
      data: { plaintextBytes: fields.plaintextLength, maxPlaintextBytes: limit },
    });
  }
  const okm = deriveOkm(parameters.dek, header);
  try {
    if (!equalBytes(okm.subarray(32), header.subarray(SALT_END))) {
      throw new PersonaError("KEY_COMMITMENT_MISMATCH", "The object's key commitment does not fit this key.", {
        data: { datasetId: fields.datasetId, segment: fields.segment, keyEpoch: fields.keyEpoch },
      });
    }
    return { key: await importAeadKey(okm.subarray(0, 32), "decrypt"), fields };
  } finally {
    zeroise(okm);
  }
}

function deriveOkm(dek: Uint8Array, header: Uint8Array): Uint8Array<ArrayBuffer> {
  if (dek.length !== 32) throw new RangeError(`a data key has 32 bytes, not ${dek.length}`);
  return hkdfSha256({
    ikm: dek,
    salt: header.subarray(INFO_END, SALT_END),
    info: concatBytes(INFO_LABEL, header.subarray(0, INFO_END)),
    length: 64,
  });
}

async function openChunk(
  key: CryptoKey,
  header: Uint8Array,
  sealed: Uint8Array,
  index: number,
  fields: EnvelopeHeader,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await aeadDecrypt(key, nonceOf(index, index === fields.chunkCount - 1), sealed, header);
  } catch (cause) {
    throw damaged(fields, "does not open", index, cause);
  }
}

function damaged(fields: EnvelopeHeader, what: string, chunk: number, cause?: unknown): PersonaError {
  return new PersonaError("ENVELOPE_INVALID", `The object ${what} at chunk ${chunk} of ${fields.chunkCount}.`, {
    data: { datasetId: fields.datasetId, segment: fields.segment, chunk },
    cause,
  });
}

function lengthError(plaintextLength: number): PersonaError {
  return new PersonaError("ENVELOPE_INVALID", "The data to encrypt does not have the length it was announced with.", {
    data: { plaintextLength },
  });
}

function chunkCountOf(plaintextLength: number): number {
  return Math.max(1, Math.ceil(plaintextLength / ENVELOPE_CHUNK_BYTES));
}

function sealedBytesOf(index: number, fields: EnvelopeHeader): number {
  const last = fields.chunkCount - 1;
  const plaintext = index === last ? fields.plaintextLength - last * ENVELOPE_CHUNK_BYTES : ENVELOPE_CHUNK_BYTES;
  return plaintext + TAG_BYTES;
}

function nonceOf(index: number, isLast: boolean): Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(7, index);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}
