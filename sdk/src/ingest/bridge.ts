import type { Bridged, Remark, SegmentDefinition } from "./connector.ts";

/** A bridge for records of the one type that a connector's `open` gives for a segment. */
export function bridge<T>(
  toRecord: (value: T, remark: Remark, timeZone: string) => Bridged | undefined,
): SegmentDefinition["toRecord"] {
  return ({ value }, remark, { timeZone }) => toRecord(value as T, remark, timeZone);
}
