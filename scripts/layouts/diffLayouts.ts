import type { Layout, Layouts, Slot } from "./readLayouts.ts";

/** One line a difference, below the name of the contract; empty when there is none. `-` is what was committed. */
export function diffLayouts(before: Layouts, after: Layouts): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .flatMap((name) => {
      const [old, current] = [linesOf(before[name]), linesOf(after[name])];
      const removed = old.filter((line) => !current.includes(line)).map((line) => `  - ${line}`);
      const added = current.filter((line) => !old.includes(line)).map((line) => `  + ${line}`);
      return removed.length + added.length === 0 ? [] : [name, ...removed, ...added];
    })
    .join("\n");
}

function linesOf(layout: Layout | undefined): string[] {
  if (layout === undefined) return [];
  const { storage, transient = [], structs = {}, enums = {} } = layout;
  return [
    "is a contract",
    ...storage.map(lineOf),
    ...transient.map((slot) => `transient ${lineOf(slot)}`),
    ...Object.entries(structs).flatMap(([name, slots]) => slots.map((slot) => `${name}: ${lineOf(slot)}`)),
    ...Object.entries(enums).flatMap(([name, members]) => members.map((member, n) => `${name}: ${n} is ${member}`)),
  ];
}

function lineOf({ slot, offset, bytes, label, type }: Slot): string {
  return `slot ${slot}, bytes ${offset} to ${offset + bytes - 1}: ${type} ${label}`;
}
