import { createHash } from "node:crypto";
import type { Switch } from "./placeSwitch.ts";

/** One change of one source file, by bytes. */
export type Edit = {
  /** What kind of change: `compare`, `delete`, `force true` … */
  readonly operator: string;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
};

export type Mutant = Edit & {
  /**
   * Of the file, the function and the change, not of the line: an accepted survivor stays accepted when code moves, and
   * is asked about again when its statement changes.
   */
  readonly id: string;
  readonly path: string;
  readonly line: number;
  /** `JobMarket.claimJob`; the contract alone for what is in none of its functions. */
  readonly place: string;
  readonly original: string;
  /** Where it can be chosen at run time; undefined where it has to be compiled by itself. */
  readonly at: Switch | undefined;
};

export type PlacedEdit = Edit & Pick<Mutant, "place" | "at">;

/** Names the edits of one file. Two that look the same in one function are told apart by their order. */
export function nameMutants(path: string, source: Buffer, edits: readonly PlacedEdit[]): Mutant[] {
  const seen = new Map<string, number>();
  return edits.map((edit) => {
    const original = source.subarray(edit.start, edit.end).toString("utf8");
    const key = JSON.stringify([path, edit.place, edit.operator, shorten(original), shorten(edit.replacement)]);
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    const id = createHash("sha256").update(`${key}${nth}`).digest("hex").slice(0, 10);
    const line = source.subarray(0, edit.start).toString("utf8").split("\n").length;
    return { ...edit, id, path, line, original };
  });
}

export function applyEdit(source: Buffer, { start, end, replacement }: Edit): string {
  return Buffer.concat([source.subarray(0, start), Buffer.from(replacement), source.subarray(end)]).toString("utf8");
}

/** `JobMarket.sol:120 compare: a < b → a <= b` */
export function describeMutant({ path, line, operator, original, replacement }: Mutant): string {
  return `${path}:${line} ${operator}: ${shorten(original)} → ${shorten(replacement) || "(nothing)"}`;
}

/** One line, whatever its spaces. */
export function shorten(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
