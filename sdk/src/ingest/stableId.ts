import { sha256 } from "@noble/hashes/sha2.js";

/**
 * An id for a record whose source gives none: the same for the same parts, in every import. 128 bits of SHA-256 over the parts,
 * each with its length in front, in hexadecimal. Null is not the empty text.
 */
export function stableId(...parts: readonly (string | null)[]): string {
  let text = "";
  for (const part of parts) text += part === null ? "-" : `${part.length}:${part}`;
  const digest = sha256(encoder.encode(text));
  let id = "";
  for (let at = 0; at < 16; at++) id += hexadecimal[digest[at] ?? 0];
  return id;
}

const encoder = new TextEncoder();
/** Millions of ids an import: a table is several times faster than formatting each byte. */
const hexadecimal = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
