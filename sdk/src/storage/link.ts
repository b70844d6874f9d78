import { concatBytes } from "../crypto/bytes.ts";
import { Link } from "./dagCbor.ts";

/**
 * Links to objects as text: CIDv1 of DAG-CBOR with sha2-256, in base32, of which there is one text for one link. Other CIDs, and
 * other bases, are read by cid.ts.
 */
const PREFIX = Uint8Array.of(1, 0x71, 0x12, 0x20);
const DIGEST_BYTES = 32;
const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

/** @throws RangeError when it is not such a text */
export function linkOfText(text: string): Link {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const letter of text.slice(1)) {
    held = (held << 5) | alphabet.indexOf(letter);
    if (held < 0) break;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push(held >> bits);
    held &= (1 << bits) - 1;
  }
  const link = new Link(Uint8Array.from(bytes));
  // Whatever was wrong with it, it is not the text of what was read.
  if (linkText(link) !== text) throw new RangeError("not the CID of an object");
  return link;
}

/** Undefined for what is no such link. */
export function linkText(value: unknown): string | undefined {
  if (!(value instanceof Link) || value.bytes.length !== PREFIX.length + DIGEST_BYTES) return undefined;
  if (PREFIX.some((byte, at) => value.bytes[at] !== byte)) return undefined;
  let text = "b";
  let bits = 0;
  let held = 0;
  for (const byte of concatBytes(value.bytes, new Uint8Array(1))) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[(held >> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  // 36 bytes are 57.6 letters; the zero byte behind them fills the last one.
  return text.slice(0, 59);
}

/** The sha256 of the object that it names. */
export const linkDigest = ({ bytes }: Link): Uint8Array => bytes.slice(PREFIX.length);
