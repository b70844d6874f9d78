/** A small seeded generator (mulberry32) for test data and mutations: the same seed gives the same run everywhere. */
export type Random = {
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
    integer,
    bytes: (length) => Uint8Array.from({ length }, () => integer(256)),
    pick(items) {
      const item = items[integer(items.length)];
      if (item === undefined) throw new RangeError("nothing to pick from");
      return item;
    },
  };
}

/** The seed of this run: `PERSONA_SEED` repeats an earlier one. */
export function testSeed(): number {
  const wanted = process.env["PERSONA_SEED"];
  return wanted === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(wanted);
}

/** One change that damaged or hostile bytes could have: a flipped bit, a cut, an addition, a swap, a repetition. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.integer(bytes.length);
  const length = 1 + random.integer(Math.min(64, bytes.length - at));
  const part = bytes.slice(at, at + length);
  const changed = Uint8Array.from(bytes);
  switch (random.integer(7)) {
    case 0:
      changed[at] = (changed[at] ?? 0) ^ (1 << random.integer(8));
      return changed;
    case 1:
      changed[at] = random.integer(256);
      return changed;
    case 2:
      return bytes.slice(0, at);
    case 3:
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
    case 4:
      return Uint8Array.from([...bytes.subarray(0, at), ...random.bytes(length), ...bytes.subarray(at)]);
    case 5:
      return Uint8Array.from([...bytes.subarray(0, at), ...part, ...bytes.subarray(at)]);
    default:
      changed.set(part, random.integer(bytes.length - part.length + 1));
      return changed;
  }
}
