import type { Remark } from "../connector.ts";
import { epochNumber } from "../jsonFiles.ts";
import { isoInstant } from "../takeout/isoInstant.ts";
import { validInstant } from "../times.ts";

/**
 * An instant in any of Meta's forms: seconds or milliseconds since 1970 (told apart by their size), or RFC 3339 in old exports. 0 and
 * what is absent are no time.
 */
export function metaTime(value: unknown, remark: Remark): Date | null {
  if (value === undefined || value === null || value === 0) return null;
  const number = epochNumber(value);
  // Milliseconds have passed 100 thousand millions since 1973, seconds will in the year 5138.
  const instant =
    number === undefined ? isoInstant(withZone(value)) : validInstant(Math.abs(number) < 1e11 ? number * 1000 : number);
  if (instant === null) remark("changed", "its time is no time");
  return instant;
}

/** The oldest exports leave out the zone, later ones write +00:00 behind the same readings. */
function withZone(value: unknown): unknown {
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?$/.test(value)
    ? `${value}Z`
    : value;
}
