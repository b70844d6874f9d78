import { stableId } from "./stableId.ts";

/**
 * Counts what occurs again: 0 for the first record of these parts, 1 for the second. A source without ids may write two different
 * records that look the same; their ids differ by this number, and a repeated import gives the same ones. Takes 16 to 32 bytes a
 * record: 52 bits of its digest. Where two of those meet by chance the second is counted too high, always alike.
 */
export function createOccurrences(): (parts: readonly (string | null)[]) => number {
  let table = new Float64Array(1024);
  let used = 0;
  const again = new Map<number, number>();

  /** @returns false when it was there */
  function add(into: Float64Array, print: number): boolean {
    for (let at = print % into.length; ; at = (at + 1) % into.length) {
      if (into[at] === print) return false;
      if (into[at] === 0) {
        into[at] = print;
        return true;
      }
    }
  }

  return (parts) => {
    // Zero marks a free place.
    const print = Number.parseInt(stableId(...parts).slice(0, 13), 16) + 1;
    if (!add(table, print)) {
      const count = (again.get(print) ?? 0) + 1;
      again.set(print, count);
      return count;
    }
    used += 1;
    if (used * 2 > table.length) {
      const larger = new Float64Array(table.length * 2);
      for (const each of table) if (each !== 0) add(larger, each);
      table = larger;
    }
    return 0;
  };
}

/** The id of a record whose source gives none. See {@link createOccurrences}. */
export function occurrenceId(parts: readonly (string | null)[], occurrence: number): string {
  return occurrence === 0 ? stableId(...parts) : stableId(...parts, `again ${occurrence}`);
}
