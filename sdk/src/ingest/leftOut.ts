import type { Bridged, RawRecord, Remark, SegmentDefinition } from "./connector.ts";

/** Given by a connector in place of a record for what it saw and leaves out. `reason` is a constant text. */
type LeftOut = { readonly leftOut: string };

/** A raw record that stands for something left out; {@link bridge} remarks it. */
export function leftOut(segment: string, file: string, reason: string): RawRecord {
  return { segment, value: { leftOut: reason } satisfies LeftOut, file, position: 0 };
}

/** For a file that was only looked at: to look is to read for whoever counts the files that were not. */
export function leftOutFile(segment: string, file: string): RawRecord {
  return leftOut(segment, file, "a file this connector does not read");
}

/** A bridge for the records of one type that a connector's `open` gives, and for what it leaves out. */
export function bridge<T extends object>(
  toRecord: (value: T, remark: Remark, timeZone: string) => Bridged | undefined,
): SegmentDefinition["toRecord"] {
  return ({ value }, remark, { timeZone }) => {
    const raw = value as T | LeftOut;
    if ("leftOut" in raw) return skipped(remark, raw.leftOut);
    return toRecord(raw, remark, timeZone);
  };
}

export function skipped(remark: Remark, reason: string): undefined {
  remark("skipped", reason);
  return undefined;
}
