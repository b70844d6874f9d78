import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

const encoder = new TextEncoder();

/**
 * An id for a record whose source gives none: the same for the same parts, in every import. 128 bits of SHA-256 over the parts,
 * each with its length in front, in hexadecimal. Null is not the empty text.
 */
export function stableId(...parts: readonly (string | null)[]): string {
  const text = parts.map((part) => (part === null ? "-" : `${part.length}:${part}`)).join("");
  const digest = sha256(encoder.encode(text));
  return bytesToHex(digest.subarray(0, 16));
}
