import type { Hex } from "viem";
import {
  concatBytes,
  equalBytes,
  fromHex,
  hkdfSha256,
  randomBytes,
  toHex,
  u32,
  u64,
  utf8,
  zeroise,
} from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { padmeLength } from "./padmeLength.ts";

/** The header of docs/envelope.md: what it holds, how it is bound to its key, and the sizes that follow from it. */

export const ENVELOPE_HEADER_BYTES = 152;
/** Plaintext bytes in every chunk but the last. */
export const ENVELOPE_CHUNK_BYTES = 2 ** 20;
export const TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = ENVELOPE_CHUNK_BYTES + TAG_BYTES;

const INFO_END = 88;
const SALT_END = 120;
const MAGIC = utf8("PSN1");
const INFO_LABEL = utf8("persona/envelope/v1");
const LENGTH_LABEL = utf8("persona/envelope-length/v1");
const LENGTH_AT = 72;
const LENGTH_END = 80;
/** The chunk number in the nonce has 32 bits. */
const MAX_PLAINTEXT_BYTES = ENVELOPE_CHUNK_BYTES * 2 ** 32;

export type EnvelopeIds = {
  readonly datasetId: Hex;
  /** Segment index in the dataset's catalogue. */
  readonly segment: number;
  readonly keyEpoch: number;
};

export type EnvelopeHeader = EnvelopeIds & {
  /** Version of the dataset that first held this object. */
  readonly version: number;
  /** Bytes that the chunks hold; of a padded object, with its padding. */
  readonly plaintextLength: number;
  readonly isPadded: boolean;
  readonly chunkCount: number;
};

/** A header and the key of its chunks. Whoever gets it zeroises `key`. */
export type KeyedHeader = {
  readonly bytes: Uint8Array;
  readonly fields: EnvelopeHeader;
  /** Bytes without padding. */
  readonly contentLength: number;
  readonly key: Uint8Array<ArrayBuffer>;
};

/** Whether an object tells its length. `padme`: only that of the step which it has been rounded up to. */
export type EnvelopePadding = "none" | "padme";

/** Bytes of the envelope around `plaintextLength` bytes. */
export function envelopeSize(plaintextLength: number, padding: EnvelopePadding = "none"): number {
  const held = padding === "padme" ? padmeLength(plaintextLength) : plaintextLength;
  return ENVELOPE_HEADER_BYTES + held + chunkCountOf(held) * TAG_BYTES;
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
  if (header[4] !== 1 || header[5] !== 1 || header[6] !== 20 || (header[7] !== 0 && header[7] !== 1)) {
    throw invalid("its version, suite, chunk size or padding is unknown");
  }
  const isPadded = header[7] === 1;
  const reserved = header.subarray(isPadded ? LENGTH_END : LENGTH_AT, INFO_END);
  if (reserved.some((byte) => byte !== 0)) throw invalid("reserved bytes are not zero");
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
    isPadded,
    chunkCount: integer(64),
  };
  if (fields.plaintextLength > MAX_PLAINTEXT_BYTES || fields.chunkCount !== chunkCountOf(fields.plaintextLength)) {
    throw invalid("length and chunk count do not agree");
  }
  return fields;
}

/** A new header with a fresh salt. */
export function makeHeader(
  ids: EnvelopeIds & {
    readonly dek: Uint8Array;
    readonly version: number;
    /** Without padding. */
    readonly plaintextLength: number;
    readonly padding?: EnvelopePadding | undefined;
  },
  salt: Uint8Array = randomBytes(32),
): KeyedHeader {
  const { plaintextLength: contentLength } = ids;
  if (!Number.isSafeInteger(contentLength) || contentLength < 0 || contentLength > MAX_PLAINTEXT_BYTES) {
    throw new RangeError(`plaintextLength is not a length: ${contentLength}`);
  }
  const isPadded = ids.padding === "padme";
  const plaintextLength = isPadded ? padmeLength(contentLength) : contentLength;
  const bytes = new Uint8Array(ENVELOPE_HEADER_BYTES);
  bytes.set(MAGIC, 0);
  bytes.set([1, 1, 20, isPadded ? 1 : 0], 4);
  bytes.set(fromHex(ids.datasetId, 32), 8);
  bytes.set(u32(ids.segment), 40);
  bytes.set(u32(ids.keyEpoch), 44);
  bytes.set(u64(ids.version), 48);
  bytes.set(u64(plaintextLength), 56);
  bytes.set(u64(chunkCountOf(plaintextLength)), 64);
  bytes.set(salt, INFO_END);
  // Before the derivation, which covers it: a length that was changed is another key.
  if (isPadded) bytes.set(maskLength(ids.dek, bytes, u64(contentLength)), LENGTH_AT);
  const okm = deriveOkm(ids.dek, bytes);
  bytes.set(okm.subarray(32), SALT_END);
  return { bytes, fields: parseEnvelopeHeader(bytes), contentLength, key: takeKey(okm) };
}

/**
 * Checks a header against what the reader expects, then against its key.
 *
 * @throws ENVELOPE_INVALID, KEY_COMMITMENT_MISMATCH as `decryptEnvelope`.
 */
export function openHeader(bytes: Uint8Array, expected: openHeader.Expected): KeyedHeader {
  const fields = parseEnvelopeHeader(bytes);
  const compared = [
    ["datasetId", fields.datasetId, expected.datasetId.toLowerCase()],
    ["segment", fields.segment, expected.segment],
    ["keyEpoch", fields.keyEpoch, expected.keyEpoch],
    ["version", fields.version, expected.version ?? fields.version],
  ] as const;
  for (const [field, got, wanted] of compared) {
    if (got === wanted) continue;
    throw new PersonaError("ENVELOPE_INVALID", `The object belongs to another ${field} than the one asked for.`, {
      data: { field, got, wanted },
    });
  }
  const limit = expected.maxPlaintextBytes;
  if (limit !== undefined && fields.plaintextLength > limit) {
    throw new PersonaError("ENVELOPE_INVALID", "The object is larger than the reader allows.", {
      data: { plaintextBytes: fields.plaintextLength, maxPlaintextBytes: limit },
    });
  }
  const okm = deriveOkm(expected.dek, bytes);
  if (!equalBytes(okm.subarray(32), bytes.subarray(SALT_END))) {
    zeroise(okm);
    throw new PersonaError("KEY_COMMITMENT_MISMATCH", "The object's key commitment does not fit this key.", {
      data: { datasetId: fields.datasetId, segment: fields.segment, keyEpoch: fields.keyEpoch },
    });
  }
  const contentLength = contentLengthOf(bytes, fields, expected.dek);
  if (contentLength === undefined) {
    zeroise(okm);
    throw new PersonaError("ENVELOPE_INVALID", "The object's padding does not fit its length.", {
      data: { datasetId: fields.datasetId, segment: fields.segment, paddedBytes: fields.plaintextLength },
    });
  }
  return { bytes, fields, contentLength, key: takeKey(okm) };
}

export declare namespace openHeader {
  type Expected = EnvelopeIds & {
    /** Data key of this segment and key epoch, 32 bytes. */
    readonly dek: Uint8Array;
    /** Expected version; compared when given. */
    readonly version?: number;
    /** Refuse objects whose plaintext, padding and all, is longer, before anything of it is read. */
    readonly maxPlaintextBytes?: number;
  };
}

/** Plaintext bytes of a chunk. */
export function plaintextBytesOf(index: number, { chunkCount, plaintextLength }: EnvelopeHeader): number {
  const last = chunkCount - 1;
  return index === last ? plaintextLength - last * ENVELOPE_CHUNK_BYTES : ENVELOPE_CHUNK_BYTES;
}

/** STREAM: the place of the chunk, and whether it is the last. */
export function nonceOf(index: number, { chunkCount }: EnvelopeHeader): Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(7, index);
  nonce[11] = index === chunkCount - 1 ? 1 : 0;
  return nonce;
}

/** An object that is not what its header says. */
export function damaged(fields: EnvelopeHeader, what: string, chunk: number, cause?: unknown): PersonaError {
  return new PersonaError("ENVELOPE_INVALID", `The object ${what} at chunk ${chunk} of ${fields.chunkCount}.`, {
    data: { datasetId: fields.datasetId, segment: fields.segment, chunk },
    cause,
  });
}

/** The length without padding, of a header that is authentic; undefined where the padding is not the one of that length. */
function contentLengthOf(header: Uint8Array, fields: EnvelopeHeader, dek: Uint8Array): number | undefined {
  if (!fields.isPadded) return fields.plaintextLength;
  const opened = maskLength(dek, header, header.subarray(LENGTH_AT, LENGTH_END));
  const length = new DataView(opened.buffer).getBigUint64(0);
  if (length > BigInt(fields.plaintextLength)) return undefined;
  return padmeLength(Number(length)) === fields.plaintextLength ? Number(length) : undefined;
}

/** Hides a length, and shows a hidden one. The mask is the object's own, because its salt is. */
function maskLength(dek: Uint8Array, header: Uint8Array, length: Uint8Array): Uint8Array<ArrayBuffer> {
  const mask = hkdfSha256({
    ikm: dek,
    salt: header.subarray(INFO_END, SALT_END),
    info: concatBytes(LENGTH_LABEL, header.subarray(0, LENGTH_AT)),
    length: LENGTH_END - LENGTH_AT,
  });
  return Uint8Array.from(mask, (byte, at) => byte ^ (length[at] ?? 0));
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

function takeKey(okm: Uint8Array): Uint8Array<ArrayBuffer> {
  const key = okm.slice(0, 32) as Uint8Array<ArrayBuffer>;
  zeroise(okm);
  return key;
}

function chunkCountOf(plaintextLength: number): number {
  return Math.max(1, Math.ceil(plaintextLength / ENVELOPE_CHUNK_BYTES));
}
