import type { ArchiveEntry, InspectedInput } from "./connector.ts";
import type { RawObject } from "./rawFields.ts";

/** The beginning of a JSON file as text, its byte order mark and space left out. */
export async function jsonHead(input: InspectedInput, entry: ArchiveEntry): Promise<string> {
  const head = new TextDecoder().decode(await input.head(entry.path));
  return head.trimStart();
}

/** Whether the value is an object: what a source's list of records should hold. */
export function isObject(value: unknown): value is RawObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Seconds, milliseconds or microseconds since 1970 as a number, a bigint or digits in a text; undefined when it is none of them. */
export function epochNumber(value: unknown): number | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "string" && /^-?\d{1,20}(?:\.\d{1,12})?$/.test(value)) return Number(value);
  return undefined;
}

/** An id of digits or letters as text: numbers are exact also beyond 2^53, where they come out of readJsonValues. */
export function idText(value: unknown): string | null {
  if (typeof value === "string") return value === "" || value.length > 500 ? null : value.toWellFormed();
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  return null;
}
