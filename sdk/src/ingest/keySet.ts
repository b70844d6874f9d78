/** Ids that were seen. An import may have tens of millions: a Set of strings takes 80 bytes for each, this 16 to 24. */
export type KeySet = {
  /** @returns false when the id was there already */
  add(key: string): boolean;
  /** The same for one of {@link KeyHashes}, by its place. */
  addHash(hashes: Uint32Array, index: number): boolean;
  hasHash(hashes: Uint32Array, index: number): boolean;
  /** How many there are. */
  readonly size: number;
};

/** Tables that grow by themselves, so that growing needs little more memory than there is. A power of two. */
const tables = 256;
const firstSlots = 64;

/**
 * Keeps 96 bits of a hash for each id. Among ten million ids, two that differ share them with a probability of 10^-15; ids that
 * were made to collide (the hash is no cryptographic one) cost whoever made them a record of their own export.
 */
export function createKeySet(): KeySet {
  // Each when it is needed: most imports are of few records, and have several sets.
  const all: Table[] = [];
  const one = new Uint32Array(3);
  let size = 0;
  return {
    get size() {
      return size;
    },
    hasHash(hashes, at) {
      const a = hashes[at * 3] ?? 0;
      const slots = all[a & (tables - 1)]?.slots;
      return slots !== undefined && isIn(slots, a, hashes[at * 3 + 1] ?? 0, hashes[at * 3 + 2] ?? 0);
    },
    add(key) {
      hash96(key, one, 0);
      return this.addHash(one, 0);
    },
    addHash(hashes, at) {
      const [a = 0, b = 0, c = 0] = [hashes[at * 3], hashes[at * 3 + 1], hashes[at * 3 + 2]];
      const index = a & (tables - 1);
      let table = all[index] ?? { slots: new Uint32Array(firstSlots * 3), used: 0 };
      all[index] = table;
      if (table.used * 4 >= (table.slots.length / 3) * 3) {
        table = grown(table.slots);
        all[index] = table;
      }
      if (!insert(table.slots, a, b, c)) return false;
      table.used += 1;
      size += 1;
      return true;
    },
  };
}

/** What a key set keeps of keys, one behind the other: three numbers each. */
export type KeyHashes = {
  add(key: string): void;
  /** Of all that were added since the last time, in memory of their own. */
  take(): Uint32Array<ArrayBuffer>;
};

export function createKeyHashes(): KeyHashes {
  let hashes = new Uint32Array(3 * 1_024);
  let count = 0;
  return {
    add(key) {
      if (count * 3 === hashes.length) {
        const larger = new Uint32Array(hashes.length * 2);
        larger.set(hashes);
        hashes = larger;
      }
      hash96(key, hashes, count * 3);
      count += 1;
    },
    take() {
      const taken = hashes.slice(0, count * 3);
      count = 0;
      return taken;
    },
  };
}

type Table = { readonly slots: Uint32Array<ArrayBuffer>; used: number };

function grown(slots: Uint32Array): Table {
  // By half: to double would take a third more memory on the average.
  const next = new Uint32Array(Math.floor(slots.length / 6) * 9);
  let used = 0;
  for (let at = 0; at < slots.length; at += 3) {
    const [a = 0, b = 0, c = 0] = [slots[at], slots[at + 1], slots[at + 2]];
    if ((a | b | c) === 0) continue;
    insert(next, a, b, c);
    used += 1;
  }
  return { slots: next, used };
}

/** Open addressing. A slot of zeros is empty: a hash is never all zeros. */
function insert(slots: Uint32Array, a: number, b: number, c: number): boolean {
  const count = slots.length / 3;
  for (let slot = b % count; ; slot = slot + 1 === count ? 0 : slot + 1) {
    const at = slot * 3;
    if (slots[at] === a && slots[at + 1] === b && slots[at + 2] === c) return false;
    if (((slots[at] ?? 0) | (slots[at + 1] ?? 0) | (slots[at + 2] ?? 0)) !== 0) continue;
    slots[at] = a;
    slots[at + 1] = b;
    slots[at + 2] = c;
    return true;
  }
}

function isIn(slots: Uint32Array, a: number, b: number, c: number): boolean {
  const count = slots.length / 3;
  for (let slot = b % count; ; slot = slot + 1 === count ? 0 : slot + 1) {
    const at = slot * 3;
    if (slots[at] === a && slots[at + 1] === b && slots[at + 2] === c) return true;
    if (((slots[at] ?? 0) | (slots[at + 1] ?? 0) | (slots[at + 2] ?? 0)) === 0) return false;
  }
}

/** Three multiplicative hashes of 32 bits side by side, each finished as MurmurHash3 finishes. */
function hash96(key: string, into: Uint32Array, at: number): void {
  let a = 0x9e3779b9 ^ key.length;
  let b = 0x85ebca6b;
  let c = 0xc2b2ae35;
  for (let place = 0; place < key.length; place++) {
    const unit = key.charCodeAt(place);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995) + place;
    c = Math.imul((c << 5) ^ (c >>> 27) ^ unit, 0x27d4eb2f);
  }
  into[at] = finished(a ^ (c >>> 3));
  into[at + 1] = finished(b + a);
  into[at + 2] = (finished(c ^ b) | 1) >>> 0;
}

function finished(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
