import { sha256 } from "@noble/hashes/sha2.js";
import { nodeCrypto } from "../crypto/nodeCrypto.ts";

/**
 * An id for a record whose source gives none: the same for the same parts, in every import. 128 bits of SHA-256 over the parts,
 * each with its length in front, in hexadecimal. Null is not the empty text.
 */
export function stableId(...parts: readonly (string | null)[]): string {
  let text = "";
  for (const part of parts) text += part === null ? "-" : `${part.length}:${part}`;
  return nodeCrypto === undefined ? portableHash(text) : nodeCrypto.hash("sha256", text, "hex").slice(0, 32);
}

function portableHash(text: string): string {
  blank._cloneInto(hash);
  if (text.length * 3 <= input.length) {
    const { written } = encoder.encodeInto(text, input);
    hash.update(input.subarray(0, written));
  } else hash.update(encoder.encode(text));
  hash.digestInto(digest);
  let id = "";
  for (let at = 0; at < 16; at++) id += hexadecimal[digest[at] ?? 0];
  return id;
}

// Millions of ids an import, of some hundred bytes each: everything that can be made once is.
const encoder = new TextEncoder();
const input = new Uint8Array(4096);
const digest = new Uint8Array(32);
const blank = sha256.create();
const hash = sha256.create();
const hexadecimal = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
