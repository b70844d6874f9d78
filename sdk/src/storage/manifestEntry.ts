import type { Hex } from "viem";
import * as z from "zod";
import { aeadOpen, aeadSeal, concatBytes, fromHex, hkdfSha256, u32, u64, utf8, zeroise } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import type { EnvelopeIds } from "./envelopeHeader.ts";
import { bytes32 } from "./schemas.ts";

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
};

/** The dataset version is that of {@link EnvelopeIds}'s object, not of the manifest: an untouched segment keeps its entry. */
export type ManifestEntryIds = EnvelopeIds & { readonly version: number };

const PADDING_BYTES = 512;
const MAX_PLAINTEXT_BYTES = 2_048;

const time = z.int().nullable();
const entrySchema = z.strictObject({
  name: z.string().min(1).max(128),
  schema: z.string().max(256),
  count: z.int().min(0),
  from: time,
  to: time,
  nameSalt: bytes32,
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
  const encoded = encodeCbor({ ...entry, nameSalt: fromHex(entry.nameSalt, 32) });
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
