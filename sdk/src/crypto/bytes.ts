import { bytesToHex, type Hex, hexToBytes } from "viem";

/** One array holding `parts` in their order. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Compares without stopping at the first difference, so that the time taken says nothing about where two equally long
 * arrays differ. The lengths themselves are not secret.
 */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let at = 0; at < left.length; at++) difference |= (left[at] ?? 0) ^ (right[at] ?? 0);
  return difference === 0;
}

/** Four bytes, big-endian. `value` is an integer from 0 to 2^32 - 1. */
export function u32(value: number): Uint8Array<ArrayBuffer> {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw new RangeError(`not a uint32: ${value}`);
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** Eight bytes, big-endian. `value` is an integer from 0 to 2^53 - 1 (lengths and versions never need more). */
export function u64(value: number): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a safe uint64: ${value}`);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** UTF-8 bytes of `text`. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** `length` bytes from the platform's cryptographic generator. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  // The platform gives at most 65,536 bytes a call.
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

/**
 * Overwrites key material where its life ends. A garbage-collected runtime may have made copies of its own; this only
 * shortens the time in which a memory dump shows the bytes that we hold.
 */
export function zeroise(...secrets: readonly (Uint8Array | undefined)[]): void {
  for (const secret of secrets) secret?.fill(0);
}

/** Lower-case hex with `0x`. */
export function toHex(bytes: Uint8Array): Hex {
  return bytesToHex(bytes);
}

/** The bytes of a hex string; with `length`, throws a RangeError unless there are exactly so many. */
export function fromHex(hex: Hex, length?: number): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(hexToBytes(hex));
  if (length !== undefined && bytes.length !== length) {
    throw new RangeError(`expected ${length} bytes of hex, got ${bytes.length}`);
  }
  return bytes;
}
