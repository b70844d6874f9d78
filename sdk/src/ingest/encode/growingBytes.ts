/** Memory that is written to from its beginning, again and again: it grows, and is kept for the next who writes. */
export type GrowingBytes = {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  /** How much is written. */
  length: number;
};

export function createGrowingBytes(size = 65_536): GrowingBytes {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer), length: 0 };
}

/** Makes room for so many more. */
export function reserve(target: GrowingBytes, more: number): void {
  const needed = target.length + more;
  if (needed <= target.bytes.length) return;
  const larger = new Uint8Array(Math.max(needed, target.bytes.length * 2));
  larger.set(target.bytes.subarray(0, target.length));
  target.bytes = larger;
  target.view = new DataView(larger.buffer);
}

export function append(target: GrowingBytes, bytes: Uint8Array): void {
  reserve(target, bytes.length);
  target.bytes.set(bytes, target.length);
  target.length += bytes.length;
}

/** Memory that grew for one giant is not kept for those after it. */
export function reset(target: GrowingBytes): void {
  target.length = 0;
  if (target.bytes.length > maxKept) Object.assign(target, createGrowingBytes());
}

const maxKept = 2 ** 24;
