import type { Hex } from "viem";
import * as z from "zod";
import { aeadOpen, aeadSeal, concatBytes, fromHex, hkdfSha256, u32, u64, utf8, zeroise } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import type { EnvelopeIds } from "./envelopeHeader.ts";
import { bytes20, bytes32 } from "./schemas.ts";

/** How a segment's records came to be there, as whoever published it says. The public level of the manifest says how far to believe it. */
export type SegmentOrigin = {
  /** `file`, `api`, `imap`, `reclaim`, `dkim` …: lower-case letters, digits and hyphens, at most 32. */
  readonly method: string;
  /** sha256 of the evidence or of the statement about it, as it was verified; null where there was none. */
  readonly evidence: Hex | null;
  /** Unix seconds at which it was fetched or verified. */
  readonly at: number;
  /** The enclave that did it; null for the owner's own device. */
  readonly enclave: { readonly measurement: Hex; readonly signer: Hex } | null;
};

/** Of what an owner has read from a file on their own device: nobody vouches for it. @param at Unix seconds */
export const fileOrigin = (at = Math.floor(Date.now() / 1_000)): SegmentOrigin => ({
  method: "file",
  evidence: null,
  at,
  enclave: null,
});

/** What only holders of a segment's data key may know about it. */
export type ManifestEntry = {
  /** Name of the segment, for instance `social.posts`. */
  readonly name: string;
  /** Schema id with its version. */
  readonly schema: string;
  /** Records in the segment. */
  readonly count: number;
  /** Unix seconds of the oldest and newest record; null where records have no time. */
  readonly from: number | null;
  readonly to: number | null;
  /** Opens the catalogue commitment of this segment. */
  readonly nameSalt: Hex;
  /** Undefined in segments that say nothing of it. */
  readonly origin?: SegmentOrigin | undefined;
};

/** The dataset version is that of {@link EnvelopeIds}'s object, not of the manifest: an untouched segment keeps its entry. */
export type ManifestEntryIds = EnvelopeIds & { readonly version: number };

const PADDING_BYTES = 512;
const MAX_PLAINTEXT_BYTES = 2_048;

const time = z.int().nullable();
const originSchema = z.strictObject({
  method: z.string().regex(/^[a-z0-9-]{1,32}$/),
  evidence: bytes32.nullable(),
  at: z.int().min(0),
  enclave: z.strictObject({ measurement: bytes32, signer: bytes20 }).nullable(),
});
const entrySchema = z.strictObject({
  name: z.string().min(1).max(128),
  schema: z.string().max(256),
  count: z.int().min(0),
  from: time,
  to: time,
  nameSalt: bytes32,
  origin: originSchema.optional(),
});

/**
 * Seals a segment's entry under a key derived from its data key. The plaintext is padded, because the length of a name
 * alone would say which segment it is.
 *
 * @throws MANIFEST_INVALID when the entry breaks its schema or is too long.
 */
export async function sealManifestEntry(
  entry: ManifestEntry,
  parameters: ManifestEntryIds & { readonly dek: Uint8Array },
): Promise<Uint8Array> {
  const { origin, ...rest } = entry;
  const encoded = encodeCbor({
    ...rest,
    nameSalt: fromHex(entry.nameSalt, 32),
    ...(origin === undefined ? {} : { origin: encodeOrigin(origin) }),
  });
  decodeEntry(encoded);
  const padded = new Uint8Array(Math.ceil((2 + encoded.length) / PADDING_BYTES) * PADDING_BYTES);
  if (padded.length > MAX_PLAINTEXT_BYTES) {
    throw new PersonaError("MANIFEST_INVALID", "A manifest entry is too long.", { data: { bytes: encoded.length } });
  }
  new DataView(padded.buffer).setUint16(0, encoded.length);
  padded.set(encoded, 2);
  const key = entryKey(parameters);
  try {
    return await aeadSeal({ key, plaintext: padded });
  } finally {
    zeroise(key);
  }
}

/**
 * Opens a sealed entry.
 *
 * @throws MANIFEST_INVALID when it does not open with this data key for these ids, or breaks its schema.
 */
export async function openManifestEntry(
  sealed: Uint8Array,
  parameters: ManifestEntryIds & { readonly dek: Uint8Array },
): Promise<ManifestEntry> {
  const key = entryKey(parameters);
  let padded: Uint8Array;
  try {
    padded = await aeadOpen({ key, sealed });
  } catch (cause) {
    throw new PersonaError("MANIFEST_INVALID", "The manifest entry does not open with the segment's key.", {
      data: { segment: parameters.segment, keyEpoch: parameters.keyEpoch, version: parameters.version },
      cause,
    });
  } finally {
    zeroise(key);
  }
  const length = new DataView(padded.buffer, padded.byteOffset, padded.byteLength).getUint16(0);
  return decodeEntry(padded.subarray(2, 2 + length));
}

function encodeOrigin({ evidence, enclave, ...origin }: SegmentOrigin) {
  return {
    ...origin,
    evidence: evidence === null ? null : fromHex(evidence, 32),
    enclave:
      enclave === null ? null : { measurement: fromHex(enclave.measurement, 32), signer: fromHex(enclave.signer, 20) },
  };
}

function decodeEntry(bytes: Uint8Array): ManifestEntry {
  return decodeCbor(bytes, {
    schema: entrySchema,
    maxBytes: MAX_PLAINTEXT_BYTES,
    code: "MANIFEST_INVALID",
    what: "manifest entry",
  });
}

function entryKey(parameters: ManifestEntryIds & { readonly dek: Uint8Array }): Uint8Array {
  return hkdfSha256({
    ikm: parameters.dek,
    salt: fromHex(parameters.datasetId, 32),
    info: concatBytes(
      utf8("persona/manifest-entry/v1"),
      u32(parameters.segment),
      u32(parameters.keyEpoch),
      u64(parameters.version),
    ),
    length: 32,
  });
}
