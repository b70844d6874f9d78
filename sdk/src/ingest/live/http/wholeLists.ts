import { stableId } from "../../stableId.ts";
import { exactJsonText } from "../../text/json.ts";
import type { LiveDeletion } from "../liveSource.ts";

/** For each list of a service: the ids that were in it, each with a print of what was there. */
export type ListPrints = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * Finds what is new, changed and gone in lists that a service gives whole, or says nothing more about: by what was there the last
 * time, which a cursor keeps.
 */
export type WholeLists = {
  /** @param list its name, for one segment or a part of one */
  note(list: string, id: string, value: unknown): "new" | "same" | "changed";
  /** What was in the list and is not, once all of it was noted. */
  gone(list: string, segment: string): LiveDeletion[];
  /** @param isWhole lists of which all was noted: of the others what was there before stays */
  prints(isWhole: (list: string) => boolean): ListPrints;
};

export function createWholeLists(before: ListPrints = {}): WholeLists {
  const old = new Map(Object.entries(before).map(([list, prints]) => [list, new Map(Object.entries(prints))]));
  const now = new Map<string, Map<string, string>>();
  return {
    note(list, id, value) {
      const prints = now.get(list) ?? new Map<string, string>();
      now.set(list, prints);
      // 32 bits: of four thousand million changes one is missed.
      const print = stableId(exactJsonText(value)).slice(0, 8);
      const known = old.get(list)?.get(id);
      const again = prints.get(id);
      prints.set(id, print);
      if (known === undefined) return again === undefined ? "new" : "same";
      return known === print ? "same" : "changed";
    },
    gone(list, segment) {
      const prints = now.get(list);
      return [...(old.get(list)?.keys() ?? [])]
        .filter((id) => prints?.has(id) !== true)
        .map((deletion) => ({ segment, deletion }));
    },
    prints(isWhole) {
      const lists = new Set([...old.keys(), ...now.keys()]);
      return Object.fromEntries(
        [...lists].map((list) => {
          const kept = isWhole(list) ? [] : [...(old.get(list) ?? [])];
          return [list, Object.fromEntries([...kept, ...(now.get(list) ?? [])])];
        }),
      );
    },
  };
}
