import { type GrowingBytes, reserve } from "./growingBytes.ts";

/** What can be referred to lies at most this far back, less one. */
const maxOffset = 65_535;
const hashBits = 14;
const table = new Int32Array(1 << hashBits);
/** The last bytes are always written as they are: the search looks four bytes ahead. */
const margin = 15;

/**
 * Appends `source[0..length)` compressed as Snappy's format description has it: the length, then literals and copies of at least
 * four bytes. The same bytes give the same bytes.
 */
export function compressSnappy(source: GrowingBytes, target: GrowingBytes): void {
  const { bytes: input, view, length } = source;
  // One literal tag for each copy, and a copy is never longer than what it stands for.
  reserve(target, 32 + length + Math.ceil(length / 6));
  const out = target.bytes;
  let to = writeVarint(out, target.length, length);
  let literal = 0;
  if (length > margin) {
    table.fill(-maxOffset - 1);
    const last = length - margin;
    let at = 0;
    // The longer nothing is found, the larger the steps: what cannot be compressed is passed over quickly.
    let misses = 32;
    while (at < last) {
      const four = view.getInt32(at, true);
      const slot = Math.imul(four, 0x1e35a7bd) >>> (32 - hashBits);
      const candidate = table[slot] ?? 0;
      table[slot] = at;
      if (at - candidate > maxOffset || view.getInt32(candidate, true) !== four) {
        at += misses >>> 5;
        misses += 1;
        continue;
      }
      misses = 32;
      let end = at + 4;
      const offset = at - candidate;
      while (end + 4 <= length && view.getInt32(end, true) === view.getInt32(end - offset, true)) end += 4;
      while (end < length && input[end] === input[end - offset]) end += 1;
      to = writeLiteral(input, literal, at, out, to);
      to = writeCopy(out, to, offset, end - at);
      literal = end;
      if (end < last) table[Math.imul(view.getInt32(end - 1, true), 0x1e35a7bd) >>> (32 - hashBits)] = end - 1;
      at = end;
    }
  }
  target.length = writeLiteral(input, literal, length, out, to);
}

function writeLiteral(input: Uint8Array, from: number, end: number, out: Uint8Array, place: number): number {
  const length = end - from;
  if (length === 0) return place;
  let to = place;
  const stored = length - 1;
  if (stored < 60) out[to++] = stored << 2;
  else {
    const bytes = stored < 0x100 ? 1 : stored < 0x10000 ? 2 : stored < 0x1000000 ? 3 : 4;
    out[to++] = (59 + bytes) << 2;
    for (let index = 0; index < bytes; index++) out[to++] = stored >>> (8 * index);
  }
  // A call costs as much as some dozen bytes.
  if (length > 40) out.set(input.subarray(from, end), to);
  else for (let index = 0; index < length; index++) out[to + index] = input[from + index] ?? 0;
  return to + length;
}

function writeCopy(out: Uint8Array, place: number, offset: number, length: number): number {
  let to = place;
  let left = length;
  while (left > 0) {
    // What is left must not be too short for a copy of its own.
    const now = left >= 68 ? 64 : left > 64 ? 60 : left;
    if (now < 12 && offset < 2048) {
      out[to] = 1 | ((now - 4) << 2) | ((offset >>> 8) << 5);
      out[to + 1] = offset;
      to += 2;
    } else {
      out[to] = 2 | ((now - 1) << 2);
      out[to + 1] = offset;
      out[to + 2] = offset >>> 8;
      to += 3;
    }
    left -= now;
  }
  return to;
}

/** LEB128. @returns the place behind it */
export function writeVarint(out: Uint8Array, place: number, value: number): number {
  let to = place;
  let left = value;
  while (left > 0x7f) {
    out[to++] = (left & 0x7f) | 0x80;
    left >>>= 7;
  }
  out[to++] = left;
  return to;
}
