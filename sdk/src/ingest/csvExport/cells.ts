import type { Remark } from "../connector.ts";
import { parseUtcTime } from "../parseUtcTime.ts";
import { type CsvFields, cellOf } from "../text/readCsvTable.ts";

/** A text as it was written, space included; null when there is none. */
export function textOf(fields: CsvFields, name: string): string | null {
  const text = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return text === undefined || text === "" ? null : text;
}

/** A time that the service writes in UTC; null, and remarked, when it is none. */
export function utcTimeOf(fields: CsvFields, name: string, remark: Remark): Date | null {
  const text = cellOf(fields, name);
  const time = text === null ? null : parseUtcTime(text);
  if (time === null && text !== null) remark("changed", `${name.toLowerCase()} is not a time`);
  return time;
}

/** What no column holds, without the cells that are empty; undefined when there is nothing. */
export function otherCells(fields: CsvFields, held: readonly string[]): CsvFields | undefined {
  const rest = Object.entries(fields).filter(([name, cell]) => cell !== "" && !held.includes(name));
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}
