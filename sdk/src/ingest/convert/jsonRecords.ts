import type { Column, ColumnValue, RecordSchema, SchemaRecord } from "../schemas/index.ts";
import { exactJsonText, parseExactJson } from "../text/json.ts";
import { readJsonValues } from "../text/readJsonValues.ts";
import { textOfValue, valueOfText } from "./cellText.ts";
import { checked, misfit } from "./checked.ts";
import { defaultRecordBytes, type ReadRecordsOptions } from "./format.ts";

/**
 * Records as one JSON list, or with `isSequence` as NDJSON, one a line. Columns of type BIGINT are numbers with all their digits,
 * DECIMAL is text, nested values stand as themselves. Where their text is not the one that this writer would write, or would be
 * taken for this very form, it is kept whole: `{"$json": "…"}`.
 */
export async function* writeJsonRecords(
  schema: RecordSchema,
  records: AsyncIterable<SchemaRecord> | Iterable<SchemaRecord>,
  { isSequence }: { readonly isSequence: boolean },
): AsyncGenerator<string> {
  let any = false;
  for await (const record of records) {
    const members = schema.columns.map(
      (column) => `${JSON.stringify(column.name)}:${memberText(column, record[column.name] ?? null)}`,
    );
    yield `${isSequence ? "" : any ? ",\n" : "[\n"}{${members.join(",")}}${isSequence ? "\n" : ""}`;
    any = true;
  }
  if (!isSequence) yield any ? "\n]\n" : "[]\n";
}

/**
 * Reads what {@link writeJsonRecords} wrote. A member that is missing is null.
 *
 * Errors: `EXPORT_INVALID` (data: file, record or position): not JSON, a record that is no object, a member the schema does not
 * have, a value that is none of its column's type.
 */
export async function* readJsonRecords(
  schema: RecordSchema,
  chunks: AsyncIterable<Uint8Array>,
  { file, maxRecordBytes = defaultRecordBytes, isSequence }: ReadRecordsOptions & { readonly isSequence: boolean },
): AsyncGenerator<SchemaRecord> {
  const columns = new Map(schema.columns.map((column) => [column.name, column]));
  const source = isSequence ? chunks : listOnly(schema, chunks, file);
  const values = readJsonValues(source, isSequence ? [[]] : [["*"]], {
    file,
    limits: { maxRecordBytes, maxDepth: maxDepth + 2 },
    sequence: isSequence,
  });
  let number = 0;
  for await (const { value } of values) {
    number += 1;
    const place = { file, record: number };
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw misfit(schema, "a record is no object", place);
    const record: Record<string, ColumnValue> = {};
    for (const [name, member] of Object.entries(value)) {
      const column = columns.get(name);
      if (column === undefined) throw misfit(schema, "a record has a member that the schema does not have", place);
      if (member === null && column.type !== "JSON") continue;
      const restored = valueOfMember(column, member);
      if (restored === undefined) throw misfit(schema, `${column.name} is not a ${column.type}`, place);
      record[name] = restored;
    }
    yield checked(schema, record, place);
  }
}

/** An object has members where a list has records: the first character that says something must open a list. */
async function* listOnly(
  schema: RecordSchema,
  chunks: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<Uint8Array> {
  let isKnown = false;
  for await (const chunk of chunks) {
    // White space, and the three bytes of a mark.
    const first: number | undefined = isKnown
      ? undefined
      : chunk.find((byte) => byte > 0x20 && ![0xef, 0xbb, 0xbf].includes(byte));
    if (first !== undefined && first !== 0x5b) throw misfit(schema, "it is no list", { file, record: 0 });
    isKnown ||= first !== undefined;
    yield chunk;
  }
}

/** Deepest nested value that stands as itself. */
const maxDepth = 62;
const kept = "$json";

function memberText(column: Column, value: ColumnValue): string {
  if (value === null) return "null";
  const text = textOfValue(value);
  switch (column.type) {
    case "BIGINT":
    case "DOUBLE":
    case "BOOLEAN":
      return text;
    case "JSON":
      return isOwnForm(text) ? text : JSON.stringify({ [kept]: text });
    default:
      return JSON.stringify(text);
  }
}

/** Would reading it as JSON and writing it again give this text, and nothing that is read otherwise? */
function isOwnForm(text: string): boolean {
  // A null that is a value is not a value that is null.
  if (text === "null" || text.startsWith(`{"${kept}":`) || depthOf(text) > maxDepth) return false;
  try {
    return exactJsonText(parseExactJson(text)) === text;
  } catch {
    return false; // SyntaxError
  }
}

function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  for (const bracket of text.matchAll(/[[\]{}]/g)) {
    depth += bracket[0] === "[" || bracket[0] === "{" ? 1 : -1;
    most = Math.max(most, depth);
  }
  return most;
}

function valueOfMember(column: Column, member: unknown): ColumnValue | undefined {
  switch (column.type) {
    case "BIGINT":
      if (typeof member === "bigint") return member;
      return typeof member === "number" && Number.isSafeInteger(member) ? BigInt(member) : undefined;
    case "DOUBLE":
      return typeof member === "bigint" ? Number(member) : typeof member === "number" ? member : undefined;
    case "BOOLEAN":
      return typeof member === "boolean" ? member : undefined;
    case "JSON": {
      if (member === null) return null;
      const text =
        typeof member === "object" && !Array.isArray(member) && Object.keys(member).join() === kept
          ? (member as Readonly<Record<string, unknown>>)[kept]
          : undefined;
      return typeof text === "string" ? text : exactJsonText(member);
    }
    default:
      return typeof member === "string" ? valueOfText(column, member) : undefined;
  }
}
