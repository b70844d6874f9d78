import { CID } from "multiformats/cid";
import type { Hex } from "viem";
import * as z from "zod";
import { fromHex, sha256Hex } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { cidOfLink } from "./cid.ts";
import { type Provenance, provenanceLevels } from "./provenanceLevels.ts";
import { bytes32, datasetVersion, isStrictlyAscending, MAX_SEGMENTS, segmentIndex, uint32 } from "./schemas.ts";

/** A manifest of docs/protocol.md 3.2 may not be larger than this. */
export const MAX_MANIFEST_BYTES = 2 ** 20;
/** Sealed entries are padded to multiples of 512 bytes; a name and a schema never need four of them. */
const MAX_ENTRY_BYTES = 2_048 + 12 + 16;

export type ManifestSegment = {
  /** Its index in the catalogue, never used for anything else. */
  readonly index: number;
  /** Version of the dataset that wrote this object; the same as in its envelope. */
  readonly version: number;
  /** CID of the ciphertext (UnixFS). */
  readonly cid: string;
  /** sha256 of the ciphertext. */
  readonly digest: Hex;
  /** Bytes of the ciphertext. */
  readonly size: number;
  readonly provenance: Provenance;
  /** Sealed by `sealManifestEntry`. */
  readonly entry: Uint8Array;
};

export type Manifest = {
  readonly datasetId: Hex;
  readonly version: number;
  readonly keyEpoch: number;
  /** Digest of the manifest before this one. */
  readonly previous: Hex | null;
  /** One commitment for each segment index ever used, in the order of the indexes. */
  readonly catalogue: readonly Hex[];
  /** Ascending by index. */
  readonly segments: readonly ManifestSegment[];
};

const segmentCid = z
  .custom<unknown>((value) => {
    const cid = cidOfLink(value);
    return (
      cid !== null &&
      cid.version === 1 &&
      (cid.code === 0x55 || cid.code === 0x70) &&
      cid.multihash.code === 0x12 &&
      cid.multihash.digest.length === 32
    );
  }, "expected a CIDv1 of a file, with sha2-256")
  .transform((value): string => String(cidOfLink(value)));

const schema = z
  .strictObject({
    v: z.literal(1),
    datasetId: bytes32,
    version: datasetVersion,
    keyEpoch: uint32,
    previous: bytes32.nullable(),
    catalogue: z.array(bytes32).max(MAX_SEGMENTS),
    segments: z
      .array(
        z.strictObject({
          index: segmentIndex,
          version: datasetVersion,
          cid: segmentCid,
          digest: bytes32,
          size: z.int().min(1),
          provenance: z
            .int()
            .min(0)
            .max(provenanceLevels.length - 1),
          entry: z.custom<Uint8Array>(
            (value) => value instanceof Uint8Array && value.length > 0 && value.length <= MAX_ENTRY_BYTES,
            `expected 1 to ${MAX_ENTRY_BYTES} bytes`,
          ),
        }),
      )
      .max(MAX_SEGMENTS),
  })
  .refine(({ segments }) => isStrictlyAscending(segments.map(({ index }) => index)), "segments are not ascending")
  .refine(
    ({ segments, catalogue }) => segments.every(({ index }) => index < catalogue.length),
    "a segment is not in the catalogue",
  )
  .refine(
    ({ segments, version }) => segments.every((segment) => segment.version <= version),
    "a segment is newer than its manifest",
  );

/**
 * The one encoding of a manifest; its sha256 is the `manifestDigest` on chain.
 *
 * @throws MANIFEST_INVALID when the manifest breaks its schema or its limits.
 */
export function encodeManifest(manifest: Manifest): { readonly bytes: Uint8Array; readonly digest: Hex } {
  let bytes: Uint8Array;
  try {
    bytes = encodeCbor({
      v: 1,
      datasetId: fromHex(manifest.datasetId, 32),
      version: manifest.version,
      keyEpoch: manifest.keyEpoch,
      previous: manifest.previous === null ? null : fromHex(manifest.previous, 32),
      catalogue: manifest.catalogue.map((commitment) => fromHex(commitment, 32)),
      segments: manifest.segments.map((segment) => ({
        index: segment.index,
        version: segment.version,
        cid: CID.parse(segment.cid),
        digest: fromHex(segment.digest, 32),
        size: segment.size,
        provenance: provenanceLevels.indexOf(segment.provenance),
        entry: segment.entry,
      })),
    });
  } catch (cause) {
    throw new PersonaError("MANIFEST_INVALID", "The manifest cannot be encoded.", { cause });
  }
  decodeManifest(bytes);
  return { bytes, digest: sha256Hex(bytes) };
}

/**
 * Decodes a manifest and checks everything that can be checked without a key.
 *
 * @param expected what the chain says; compared where given.
 * @throws DIGEST_MISMATCH when the bytes are not those of `expected.digest`.
 * @throws MANIFEST_INVALID when they are not a manifest, or one of another dataset, version or key epoch.
 */
export function decodeManifest(bytes: Uint8Array, expected: decodeManifest.Expected = {}): Manifest {
  // The size first, so that nobody makes us hash what we would not read.
  if (bytes.length <= MAX_MANIFEST_BYTES && expected.digest !== undefined) {
    const digest = sha256Hex(bytes);
    if (digest !== expected.digest.toLowerCase()) {
      throw new PersonaError("DIGEST_MISMATCH", "The manifest is not the one on chain.", {
        data: { got: digest, wanted: expected.digest },
      });
    }
  }
  const { v: _, ...decoded } = decodeCbor(bytes, {
    schema,
    maxBytes: MAX_MANIFEST_BYTES,
    code: "MANIFEST_INVALID",
    what: "manifest",
  });
  for (const field of ["datasetId", "version", "keyEpoch"] as const) {
    const wanted = expected[field];
    if (wanted === undefined || decoded[field] === (typeof wanted === "string" ? wanted.toLowerCase() : wanted))
      continue;
    throw new PersonaError("MANIFEST_INVALID", `The manifest is of another ${field} than the one asked for.`, {
      data: { got: decoded[field], wanted },
    });
  }
  return {
    ...decoded,
    segments: decoded.segments.map((segment) => ({
      ...segment,
      provenance: provenanceLevels[segment.provenance] ?? "none",
    })),
  };
}

export declare namespace decodeManifest {
  type Expected = {
    readonly digest?: Hex;
    readonly datasetId?: Hex;
    readonly version?: number;
    readonly keyEpoch?: number;
  };
}
