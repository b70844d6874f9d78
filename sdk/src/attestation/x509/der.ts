import { PersonaError } from "../../errors/index.ts";

/** One tag-length-value of DER (ITU-T X.690): views into the input, nothing is copied. */
export type DerValue = {
  /** The identifier octet: class, constructed bit and a tag number below 31. */
  readonly tag: number;
  /** The value alone. */
  readonly content: Uint8Array;
  /** Identifier, length and value: what a signature covers. */
  readonly bytes: Uint8Array;
};

export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  enumerated: 0x0a,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const MAX_SERIAL_BYTES = 20;
const hexOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** What every reader here throws: the bytes are not what DER or X.509 says. `at` names the field. */
export function malformed(at: string, why: string): PersonaError {
  return new PersonaError("CERTIFICATE_INVALID", `The ${at} cannot be read: ${why}.`, { data: { at } });
}

/**
 * Reads `bytes` as exactly one value: definite, shortest lengths, one-byte tags, nothing behind it.
 *
 * @throws CERTIFICATE_INVALID
 */
export function readDer(bytes: Uint8Array, at: string): DerValue {
  const value = readAt(bytes, 0, at);
  if (value.bytes.length !== bytes.length) throw malformed(at, "there are bytes behind it");
  return value;
}

/** The values inside a constructed one. @throws CERTIFICATE_INVALID when it has another tag. */
export function readChildren(value: DerValue, tag: number, at: string): DerValue[] {
  const { content } = requireTag(value, tag, at);
  const children: DerValue[] = [];
  for (let from = 0; from < content.length; ) {
    const child = readAt(content, from, at);
    children.push(child);
    from += child.bytes.length;
  }
  return children;
}

/** The value itself. @throws CERTIFICATE_INVALID when it is missing or has another tag. */
export function requireTag(value: DerValue | undefined, tag: number, at: string): DerValue {
  if (value === undefined) throw malformed(at, "it is missing");
  if (value.tag !== tag) throw malformed(at, `its tag is ${value.tag}, not ${tag}`);
  return value;
}

/** Dotted decimal. @throws CERTIFICATE_INVALID */
export function readOid(value: DerValue | undefined, at: string): string {
  const { content } = requireTag(value, derTag.oid, at);
  const arcs: number[] = [];
  let arc = 0;
  let begun = false;
  for (const byte of content) {
    if (!begun && byte === 0x80) throw malformed(at, "an arc is not in its shortest form");
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER) throw malformed(at, "an arc is too large");
    begun = (byte & 0x80) !== 0;
    if (begun) continue;
    if (arcs.length === 0) arcs.push(Math.min(2, Math.floor(arc / 40)), arc - 40 * Math.min(2, Math.floor(arc / 40)));
    else arcs.push(arc);
    arc = 0;
  }
  if (begun || arcs.length === 0) throw malformed(at, "it ends inside an arc");
  return arcs.join(".");
}

/** The magnitude of an integer that is not negative, without leading zeros; empty for zero. @throws CERTIFICATE_INVALID */
export function readUnsigned(value: DerValue | undefined, at: string, tag: number = derTag.integer): Uint8Array {
  const { content } = requireTag(value, tag, at);
  const [first, second] = content;
  if (first === undefined) throw malformed(at, "an integer needs a byte");
  if ((first & 0x80) !== 0) throw malformed(at, "it is negative");
  if (first !== 0) return content;
  if (second !== undefined && (second & 0x80) === 0) throw malformed(at, "an integer is not in its shortest form");
  return content.subarray(1);
}

/** An integer from 0 to `max`, which is below 2^32. @throws CERTIFICATE_INVALID */
export function readSmall(value: DerValue | undefined, at: string, max: number, tag: number = derTag.integer): number {
  const magnitude = readUnsigned(value, at, tag);
  if (magnitude.length > 4) throw malformed(at, `it is larger than ${max}`);
  const number = magnitude.reduce((sum, byte) => sum * 256 + byte, 0);
  if (number > max) throw malformed(at, `it is larger than ${max}`);
  return number;
}

/** A serial number as lower-case hex without leading zero bytes, "00" for zero. @throws CERTIFICATE_INVALID */
export function readSerial(value: DerValue | undefined, at: string): string {
  const magnitude = readUnsigned(value, at);
  // RFC 5280, 4.1.2.2.
  if (magnitude.length > MAX_SERIAL_BYTES) throw malformed(at, "a serial number has 20 bytes at most");
  return magnitude.length === 0 ? "00" : hexOf(magnitude);
}

/** @throws CERTIFICATE_INVALID */
export function readBoolean(value: DerValue | undefined, at: string): boolean {
  const { content } = requireTag(value, derTag.boolean, at);
  const [byte] = content;
  if (content.length !== 1 || (byte !== 0 && byte !== 0xff)) throw malformed(at, "a boolean is 00 or ff");
  return byte === 0xff;
}

/** The bytes of a bit string that is a whole number of them. @throws CERTIFICATE_INVALID */
export function readWholeBits(value: DerValue | undefined, at: string): Uint8Array {
  const { content } = requireTag(value, derTag.bitString, at);
  if (content.length < 1 || content[0] !== 0) throw malformed(at, "it is not a whole number of bytes");
  return content.subarray(1);
}

/**
 * UTCTime or GeneralizedTime as RFC 5280 has them: in seconds, in UTC, ending in Z.
 *
 * @returns Unix seconds
 * @throws CERTIFICATE_INVALID
 */
export function readTime(value: DerValue | undefined, at: string): number {
  if (value === undefined) throw malformed(at, "it is missing");
  const { tag, content } = value;
  if (tag === derTag.utcTime && content.length === 13) {
    const year = twoDigits(content, 0, at);
    // Two digits: 1950 to 2049.
    return secondsOf(year < 50 ? 2000 + year : 1900 + year, content.subarray(2), at);
  }
  if (tag === derTag.generalizedTime && content.length === 15) {
    return secondsOf(100 * twoDigits(content, 0, at) + twoDigits(content, 2, at), content.subarray(4), at);
  }
  throw malformed(at, "it is no time of RFC 5280");
}

/** Lower-case hex without 0x. */
export function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += hexOfByte[byte];
  return text;
}

/** @param rest month, day, hours, minutes, seconds and Z: a list of thousands of entries has as many of them */
function secondsOf(year: number, rest: Uint8Array, at: string): number {
  const [month, day] = [twoDigits(rest, 0, at), twoDigits(rest, 2, at)];
  const [hour, minute, second] = [twoDigits(rest, 4, at), twoDigits(rest, 6, at), twoDigits(rest, 8, at)];
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // A day that the month does not have is read as one of the next.
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCFullYear() === year;
  if (!exists || hour > 23 || minute > 59 || second > 59 || rest[10] !== 0x5a)
    throw malformed(at, "there is no such time");
  return date.getTime() / 1000;
}

function twoDigits(bytes: Uint8Array, from: number, at: string): number {
  const [tens, ones] = [(bytes[from] ?? 0) - 0x30, (bytes[from + 1] ?? 0) - 0x30];
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) throw malformed(at, "it is no time of RFC 5280");
  return 10 * tens + ones;
}

function readAt(bytes: Uint8Array, from: number, at: string): DerValue {
  const tag = bytes[from];
  const first = bytes[from + 1];
  if (tag === undefined || first === undefined) throw malformed(at, "it ends inside a tag or length");
  if ((tag & 0x1f) === 0x1f) throw malformed(at, "tags of several bytes do not occur");
  let start = from + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 3) throw malformed(at, "a length is indefinite or far too large");
    length = 0;
    for (const byte of bytes.subarray(start, start + count)) length = length * 256 + byte;
    start += count;
    if (start > bytes.length) throw malformed(at, "it ends inside a length");
    if (length < 0x80 || length < 256 ** (count - 1)) throw malformed(at, "a length is not in its shortest form");
  }
  const end = start + length;
  if (end > bytes.length) throw malformed(at, "it ends inside a value");
  return { tag, content: bytes.subarray(start, end), bytes: bytes.subarray(from, end) };
}
