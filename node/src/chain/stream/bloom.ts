import { type Hex, hexToBytes, keccak256 } from "viem";

/** The three bits that a value sets in a block's 2048-bit log filter (Yellow Paper, 4.4.1): byte, counted from the left, and mask. */
export type BloomBits = readonly (readonly [byte: number, mask: number])[];

export function bloomBits(value: Hex): BloomBits {
  const hash = hexToBytes(keccak256(value));
  return [0, 2, 4].map((at) => {
    const bit = (((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0)) & 2047;
    return [255 - (bit >> 3), 1 << (bit & 7)] as const;
  });
}

/** May the block hold a log with this address or topic? A no is certain. */
export function mayHold(bloom: Uint8Array, bits: BloomBits): boolean {
  return bits.every(([byte, mask]) => ((bloom[byte] ?? 0) & mask) !== 0);
}
