const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const codes = new TextEncoder().encode(alphabet);
const EQUALS = 0x3d;
const LF = 0x0a;
const CR = 0x0d;

/** Value of a character of base64; 64 for `=`, 255 for all others, which are skipped. */
const values = new Uint8Array(256).fill(255);
for (const [value, code] of codes.entries()) values[code] = value;
values[EQUALS] = 64;

/** The bytes of a part as its Content-Transfer-Encoding says. One that nobody knows is left as it is. */
export function decodeTransfer(bytes: Uint8Array, encoding: string): Uint8Array {
  if (encoding === "base64") return decodeBase64(bytes);
  if (encoding === "quoted-printable") return decodeQuotedPrintable(bytes);
  return bytes;
}

/** Lenient: what is not of the alphabet is skipped, and `=` may end a group anywhere, as mailers that pad each line do. */
export function decodeBase64(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(Math.floor((bytes.length * 3) / 4) + 3);
  const table = values;
  const end = bytes.length;
  let to = 0;
  let group = 0;
  let count = 0;
  let i = 0;
  while (i < end) {
    // Whole groups, which is nearly all of a file.
    if (count === 0) {
      while (i + 3 < end) {
        const a = table[bytes[i] ?? 0] ?? 0;
        const b = table[bytes[i + 1] ?? 0] ?? 0;
        const c = table[bytes[i + 2] ?? 0] ?? 0;
        const d = table[bytes[i + 3] ?? 0] ?? 0;
        if ((a | b | c | d) > 63) break;
        out[to] = (a << 2) | (b >> 4);
        out[to + 1] = (b << 4) | (c >> 2);
        out[to + 2] = (c << 6) | d;
        to += 3;
        i += 4;
      }
      if (i >= end) break;
    }
    const value = table[bytes[i] ?? 0] ?? 0;
    i += 1;
    if (value < 64) {
      group = (group << 6) | value;
      count += 1;
      if (count < 4) continue;
    } else if (value !== 64 || count === 0) continue;
    to = flush(out, to, group, count);
    group = 0;
    count = 0;
  }
  if (count > 0) to = flush(out, to, group, count);
  return out.subarray(0, to);
}

function flush(out: Uint8Array, at: number, group: number, count: number): number {
  const bits = group << (6 * (4 - count));
  for (let index = 0; index < count - 1; index++) out[at + index] = bits >> (16 - 8 * index);
  return at + Math.max(0, count - 1);
}

export function encodeBase64(bytes: Uint8Array): string {
  const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  const letters = codes;
  let to = 0;
  let i = 0;
  for (; i + 2 < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out[to] = letters[group >> 18] ?? 0;
    out[to + 1] = letters[(group >> 12) & 63] ?? 0;
    out[to + 2] = letters[(group >> 6) & 63] ?? 0;
    out[to + 3] = letters[group & 63] ?? 0;
    to += 4;
  }
  const left = bytes.length - i;
  if (left > 0) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8);
    out[to] = letters[group >> 18] ?? 0;
    out[to + 1] = letters[(group >> 12) & 63] ?? 0;
    out[to + 2] = left === 2 ? (letters[(group >> 6) & 63] ?? 0) : EQUALS;
    out[to + 3] = EQUALS;
  }
  return new TextDecoder().decode(out);
}

/** RFC 2045, 6.7. Escapes that are none stay as they stand; white space at the end of a line was added on the way. */
export function decodeQuotedPrintable(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length);
  let to = 0;
  let i = 0;
  while (i < bytes.length) {
    const byte = bytes[i] ?? 0;
    if (byte === LF) {
      while (to > 0 && (out[to - 1] === 0x20 || out[to - 1] === 0x09) && isRaw(bytes, i)) to -= 1;
      out[to] = byte;
      to += 1;
      i += 1;
      continue;
    }
    if (byte !== EQUALS) {
      out[to] = byte;
      to += 1;
      i += 1;
      continue;
    }
    const high = hexValue(bytes[i + 1]);
    const low = hexValue(bytes[i + 2]);
    if (high >= 0 && low >= 0) {
      out[to] = high * 16 + low;
      to += 1;
      i += 3;
      continue;
    }
    const next = softBreakEnd(bytes, i + 1);
    if (next < 0) {
      out[to] = byte;
      to += 1;
      i += 1;
    } else i = next;
  }
  return out.subarray(0, to);
}

/** Whether the white space before this line's end stands there as it is, and not as `=20`. */
function isRaw(bytes: Uint8Array, lineEnd: number): boolean {
  const last = bytes[lineEnd - 1] === CR ? bytes[lineEnd - 2] : bytes[lineEnd - 1];
  return last === 0x20 || last === 0x09;
}

/** Where the next line begins when only white space stands between `=` and the line's end; -1 otherwise. */
function softBreakEnd(bytes: Uint8Array, from: number): number {
  let i = from;
  while ((bytes[i] === 0x20 || bytes[i] === 0x09) && i - from < 256) i += 1;
  if (bytes[i] === CR) i += 1;
  if (bytes[i] === LF) return i + 1;
  return i >= bytes.length ? bytes.length : -1;
}

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  if (byte >= 0x41 && byte <= 0x46) return byte - 0x37;
  if (byte >= 0x61 && byte <= 0x66) return byte - 0x57;
  return -1;
}
