import { type GrowingBytes, reserve } from "./growingBytes.ts";
import { writeVarint } from "./snappy.ts";

/**
 * Appends whole numbers below 2^bits as Parquet's RLE and bit-packing hybrid: runs of eight and more that begin at a group of eight as
 * one value, everything else in groups of eight, bit by bit. At most 24 bits.
 */
export function appendHybrid(
  target: GrowingBytes,
  values: Uint32Array | Uint8Array,
  count: number,
  bits: number,
): void {
  reserve(target, 16 + Math.ceil(count / 8) * (bits + 6 + Math.ceil(bits / 8)));
  let packedFrom = 0;
  let at = 0;
  while (at < count) {
    const value = values[at];
    let end = at + 1;
    while (end < count && values[end] === value) end += 1;
    if (end - at < 8) {
      at += 8;
      continue;
    }
    if (at > packedFrom) packGroups(target, values, packedFrom, at, bits);
    // A run may end anywhere: groups go on behind it.
    target.length = writeVarint(target.bytes, target.length, (end - at) * 2);
    for (let shift = 0; shift < bits; shift += 8) {
      target.bytes[target.length] = (value ?? 0) >>> shift;
      target.length += 1;
    }
    at = end;
    packedFrom = end;
  }
  if (packedFrom < count) packGroups(target, values, packedFrom, count, bits);
}

/** `values[from..to)` in groups of eight, the last one filled up with zeros. */
function packGroups(
  target: GrowingBytes,
  values: Uint32Array | Uint8Array,
  from: number,
  to: number,
  bits: number,
): void {
  const groups = Math.ceil((to - from) / 8);
  let place = writeVarint(target.bytes, target.length, groups * 2 + 1);
  const { bytes } = target;
  let held = 0;
  let heldBits = 0;
  for (let index = from; index < from + groups * 8; index++) {
    held |= (index < to ? (values[index] ?? 0) : 0) << heldBits;
    heldBits += bits;
    while (heldBits >= 8) {
      bytes[place++] = held;
      held >>>= 8;
      heldBits -= 8;
    }
  }
  target.length = place;
}
