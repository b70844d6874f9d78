import { PersonaError } from "../errors/index.ts";

/** Bitmap of catalogue indexes (0 to 255), as Scope and InputSpec hold it. */
export function segmentBitmap(indexes: Iterable<number>): bigint {
  let bitmap = 0n;
  for (const index of indexes) {
    if (!Number.isInteger(index) || index < 0 || index > 255) {
      throw new PersonaError("REQUEST_INVALID", "A segment index is an integer from 0 to 255.", { data: { index } });
    }
    bitmap |= 1n << BigInt(index);
  }
  return bitmap;
}

/** The catalogue indexes in a bitmap, ascending. */
export function segmentIndexes(bitmap: bigint): number[] {
  const indexes: number[] = [];
  for (let index = 0; bitmap >> BigInt(index) > 0n; index++) {
    if ((bitmap >> BigInt(index)) & 1n) indexes.push(index);
  }
  return indexes;
}
