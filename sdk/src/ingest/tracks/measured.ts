import type { Remark } from "../connector.ts";

/** A measured number out of its text; null when there is none, and remarked when it is none. No `Infinity`, no hexadecimal. */
export function measured(text: string | null | undefined, remark: Remark): number | null {
  if (text === null || text === undefined || text === "") return null;
  const value = isNumber.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  remark("changed", "a measured value is not a number");
  return null;
}

const isNumber = /^\s*[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?\s*$/;

/** Degrees within ±`most`; null otherwise, remarked. */
export function degrees(text: string | null | undefined, most: 90 | 180, remark: Remark): number | null {
  const value = measured(text, remark);
  if (value === null || Math.abs(value) <= most) return value;
  remark("changed", "a position is not on this planet");
  return null;
}
