import { CID } from "multiformats/cid";
import { create as createDigest } from "multiformats/hashes/digest";
import type { Hex } from "viem";
import { fromHex, toHex } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { Link } from "./dagCbor.ts";

/** Multicodec numbers of the block formats we make and read. */
export const codecs = { raw: 0x55, "dag-pb": 0x70, "dag-cbor": 0x71 } as const;
export type BlockCodec = keyof typeof codecs;

const SHA2_256 = 0x12;

/** The CIDv1 (base32) of a block whose sha256 is `digest`. */
export function cidOfDigest(digest: Hex | Uint8Array, codec: BlockCodec): string {
  const bytes = typeof digest === "string" ? fromHex(digest, 32) : digest;
  return CID.createV1(codecs[codec], createDigest(SHA2_256, bytes)).toString();
}

/**
 * The sha256 in a CID: what a contract holds. For a UnixFS file of several blocks it is the digest of the root block, not
 * of the file's bytes.
 *
 * @throws DIGEST_MISMATCH when the CID is not one of our kind (see {@link parseCid}).
 */
export function digestOfCid(cid: string): Hex {
  return toHex(parseCid(cid).digest);
}

/**
 * Parses a CID of the only kinds this protocol makes: version 1, sha2-256, raw, dag-pb or dag-cbor. Anything else could
 * not be checked (an identity CID holds its data itself, another hash may be weak) and is refused.
 *
 * @throws DIGEST_MISMATCH when the CID is malformed or of another kind.
 */
export function parseCid(cid: string): { readonly codec: BlockCodec; readonly digest: Uint8Array } {
  let parsed: CID;
  try {
    parsed = CID.parse(cid);
  } catch (cause) {
    throw new PersonaError("DIGEST_MISMATCH", "This is not a CID.", { data: { cid: cid.slice(0, 100) }, cause });
  }
  const codec = (Object.keys(codecs) as BlockCodec[]).find((name) => codecs[name] === parsed.code);
  const { code, digest } = parsed.multihash;
  if (parsed.version !== 1 || codec === undefined || code !== SHA2_256 || digest.length !== 32) {
    throw new PersonaError("DIGEST_MISMATCH", "The CID is not version 1 with sha2-256 and a known block format.", {
      data: { cid: cid.slice(0, 100) },
    });
  }
  return { codec, digest };
}

/** The CID in a decoded link; null for what is none. */
export function cidOfLink(value: unknown): CID | null {
  if (!(value instanceof Link)) return null;
  try {
    return CID.decode(value.bytes);
  } catch {
    return null;
  }
}
