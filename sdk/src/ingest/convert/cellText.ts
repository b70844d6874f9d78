import type { Column, ColumnValue } from "../schemas/index.ts";

/** A value as text that {@link valueOfText} makes the same value of. */
export function textOfValue(value: Exclude<ColumnValue, null>): string {
  if (value instanceof Date) return value.toISOString();
  // String() forgets the sign of zero.
  if (Object.is(value, -0)) return "-0";
  return String(value);
}

/** The value that a text stands for in this column; undefined when it stands for none. */
export function valueOfText(column: Column, text: string): Exclude<ColumnValue, null> | undefined {
  switch (column.type) {
    case "VARCHAR":
    case "JSON":
    case "DECIMAL":
    case "DATE":
      return text;
    case "BIGINT":
      return /^-?\d{1,19}$/.test(text) ? BigInt(text) : undefined;
    case "DOUBLE":
      return /^-?\d{1,400}(?:\.\d{1,400})?(?:e[+-]?\d{1,3})?$/.test(text) ? Number(text) : undefined;
    case "BOOLEAN":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "TIMESTAMP": {
      const time = instantPattern.test(text) ? new Date(text) : undefined;
      return time === undefined || Number.isNaN(time.getTime()) ? undefined : time;
    }
  }
}

/** RFC 3339 in UTC; ECMAScript's six digits for years that it does not have. */
const instantPattern = /^(?:\d{4}|[+-]\d{6})-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;
