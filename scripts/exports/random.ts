/** A small seeded generator (mulberry32) for test data and mutations: the same seed gives the same run everywhere. */
export type Random = {
  /** From 0 up to, and without, 1. */
  next(): number;
  /** True in so many of 1. */
  chance(share: number): boolean;
  /** An integer from 0 to `below` - 1. */
  integer(below: number): number;
  bytes(length: number): Uint8Array<ArrayBuffer>;
  pick<T>(items: readonly T[]): T;
};

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (below: number): number => Math.floor(next() * below);
  return {
    next,
    chance: (share) => next() < share,
    integer,
    bytes: (length) => Uint8Array.from({ length }, () => integer(256)),
    pick(items) {
      const item = items[integer(items.length)];
      if (item === undefined) throw new RangeError("nothing to pick from");
      return item;
    },
  };
}
