/** A batch is handed on when it is this long: what one thread does at a time, and a row group or two. */
export const batchBytes = 4 * 2 ** 20;
/** For the piece that comes next. */
export const roomBytes = 2 ** 19;

/**
 * Memory of batches, used again: what is only let go waits for the collector, which comes the sooner the more there is, and leaves
 * holes where it was.
 */
export type BatchMemory = {
  /** At least so many bytes, whatever is in them, from the beginning of their buffer. */
  take(atLeast: number): Uint8Array<ArrayBuffer>;
  /** Of a batch that nobody reads any more. */
  give(buffer: ArrayBuffer): void;
};

/** @param most that wait to be used again; those that came of a giant are let go */
export function createBatchMemory(most: number): BatchMemory {
  const free: ArrayBuffer[] = [];
  return {
    take(atLeast) {
      const fits = free.findIndex(({ byteLength }) => byteLength >= atLeast);
      const [found] = fits < 0 ? [] : free.splice(fits, 1);
      return found === undefined ? new Uint8Array(Math.max(atLeast, batchBytes + roomBytes)) : new Uint8Array(found);
    },
    give(buffer) {
      const { byteLength } = buffer;
      if (byteLength < batchBytes + roomBytes || byteLength > 2 * (batchBytes + roomBytes)) return;
      if (free.length < most) free.push(buffer);
    },
  };
}
