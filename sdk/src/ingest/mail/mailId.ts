import { sha256Async } from "../../crypto/sha256.ts";

/**
 * Fields that the same mail does not keep: what its owner or their program notes on it. Everything else is of the mail; and
 * what a sender writes (Message-ID is theirs too) cannot make a mail pass for another one.
 */
const mutable = new Set([
  "x-gmail-labels",
  "x-gm-thrid",
  "status",
  "x-status",
  "x-uid",
  "x-imap",
  "x-imapbase",
  "x-keywords",
  "x-mozilla-status",
  "x-mozilla-status2",
  "x-mozilla-keys",
  "x-evolution",
  "x-evolution-source",
  "content-length",
  "lines",
]);

const LF = 0x0a;
const CR = 0x0d;

/**
 * Id of a mail: 128 bits of SHA-256 over its bytes without {@link mutable} fields, line ends as LF and without the empty lines
 * at its end, so that a mail has the same id in an mbox and as a file. In hexadecimal.
 */
export async function mailId(bytes: Uint8Array): Promise<string> {
  const digest = await sha256Async(immutableBytes(bytes));
  return toHex(digest.subarray(0, 16));
}

export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

function immutableBytes(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  let to = 0;
  let line = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (bytes[line] === LF || bytes[line] === CR) line += 1;
  let dropping = false;
  // The header, field by field.
  while (line < bytes.length && bytes[line] !== LF && !(bytes[line] === CR && bytes[line + 1] === LF)) {
    const lineEnd = bytes.indexOf(LF, line);
    const next = lineEnd < 0 ? bytes.length : lineEnd + 1;
    const folded = bytes[line] === 0x20 || bytes[line] === 0x09;
    if (!folded) dropping = mutable.has(nameAt(bytes, line, next));
    if (!dropping) {
      out.set(bytes.subarray(line, next), to);
      to += next - line;
    }
    line = next;
  }
  out.set(bytes.subarray(line), to);
  to = withoutReturns(out, to + bytes.length - line);
  while (to > 0 && out[to - 1] === LF) to -= 1;
  return out.subarray(0, to);
}

function nameAt(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let i = from; i < to && i - from < 32; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === 0x3a) return text.trimEnd().toLowerCase();
    text += String.fromCharCode(byte);
  }
  return "";
}

/** CR LF to LF, in place. @returns the new length */
function withoutReturns(bytes: Uint8Array, length: number): number {
  const first = bytes.indexOf(CR);
  if (first < 0 || first >= length) return length;
  let to = first;
  for (let i = first; i < length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === CR && bytes[i + 1] === LF) continue;
    bytes[to] = byte;
    to += 1;
  }
  return to;
}
