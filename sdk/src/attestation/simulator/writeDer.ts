import { concatBytes, utf8 } from "../../crypto/index.ts";
import { derTag } from "../x509/index.ts";

/** One value of DER: shortest length, definite. `content` below 2^24 bytes. */
export function writeDer(tag: number, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const inside = concatBytes(...content);
  const { length } = inside;
  const bytes = [length & 0xff, (length >>> 8) & 0xff, (length >>> 16) & 0xff];
  const count = length > 0xffff ? 3 : length > 0xff ? 2 : 1;
  const head = length < 0x80 ? [length] : [0x80 | count, ...bytes.slice(0, count).reverse()];
  return concatBytes(Uint8Array.of(tag, ...head), inside);
}

export const writeSequence = (...values: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  writeDer(derTag.sequence, ...values);

export const writeOctets = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => writeDer(derTag.octetString, bytes);

export const writeBoolean = (value: boolean): Uint8Array<ArrayBuffer> =>
  writeDer(derTag.boolean, Uint8Array.of(value ? 0xff : 0));

/** A bit string of whole bytes, or with `unused` bits at its end. */
export const writeBits = (bytes: Uint8Array, unused = 0): Uint8Array<ArrayBuffer> =>
  writeDer(derTag.bitString, Uint8Array.of(unused), bytes);

/** An integer that is not negative, big-endian. */
export function writeUnsigned(magnitude: Uint8Array, tag: number = derTag.integer): Uint8Array<ArrayBuffer> {
  const first = magnitude.findIndex((byte) => byte !== 0);
  const shortest = first === -1 ? Uint8Array.of(0) : magnitude.subarray(first);
  const sign = (shortest[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array();
  return writeDer(tag, sign, shortest);
}

/** A number below 2^24. */
export const writeNumber = (value: number, tag: number = derTag.integer): Uint8Array<ArrayBuffer> =>
  writeUnsigned(Uint8Array.of(value >>> 16, value >>> 8, value), tag);

/** Dotted decimal, the first arc 1 or 2. */
export function writeOid(dotted: string): Uint8Array<ArrayBuffer> {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [40 * first + second, ...rest].flatMap((arc) => {
    const digits = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left % 128) | 0x80);
    return digits;
  });
  return writeDer(derTag.oid, Uint8Array.from(bytes));
}

/** UTCTime before 2050, GeneralizedTime from then on (RFC 5280, 4.1.2.5). */
export function writeTime(unixSeconds: number): Uint8Array<ArrayBuffer> {
  const text = `${new Date(unixSeconds * 1000).toISOString().slice(0, 19).replace(/[-T:]/g, "")}Z`;
  return text < "2050" ? writeDer(derTag.utcTime, utf8(text.slice(2))) : writeDer(derTag.generalizedTime, utf8(text));
}

/** A text as UTF8String. */
export const writeText = (text: string): Uint8Array<ArrayBuffer> => writeDer(0x0c, utf8(text));
