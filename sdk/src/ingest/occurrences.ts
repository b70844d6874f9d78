import { stableId } from "./stableId.ts";

/**
 * Counts what occurs again: 0 for the first record of these parts, 1 for the second. A source without ids may write two different
 * records that look the same; their ids differ by this number, and a repeated import gives the same ones.
 */
export function createOccurrences(): (parts: readonly (string | null)[]) => number {
  const counts = new Map<string, number>();
  return (parts) => {
    const key = stableId(...parts);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return count;
  };
}

/** The id of a record whose source gives none. See {@link createOccurrences}. */
export function occurrenceId(parts: readonly (string | null)[], occurrence: number): string {
  return occurrence === 0 ? stableId(...parts) : stableId(...parts, `again ${occurrence}`);
}
