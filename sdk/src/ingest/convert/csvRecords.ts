import type { ColumnValue, RecordSchema, SchemaRecord } from "../schemas/index.ts";
import { decodeText } from "../text/decodeText.ts";
import { readCsvRows } from "../text/readCsvRows.ts";
import { textOfValue, valueOfText } from "./cellText.ts";
import { checked, misfit } from "./checked.ts";
import { defaultRecordBytes, type ReadRecordsOptions } from "./format.ts";

/**
 * Records as CSV (RFC 4180, CR LF, UTF-8 without a mark), header first. Null is a cell with nothing in it, the empty text is `""`;
 * nested values are JSON in their cell, instants RFC 3339, decimals as they are. A text that a spreadsheet takes for a formula
 * stays as it is, for changing it would lose it: import such a file as text.
 */
export async function* writeCsvRecords(
  schema: RecordSchema,
  records: AsyncIterable<SchemaRecord> | Iterable<SchemaRecord>,
): AsyncGenerator<string> {
  yield rowText(schema.columns.map(({ name }) => name));
  for await (const record of records) yield rowText(schema.columns.map(({ name }) => record[name] ?? null));
}

/**
 * Reads what {@link writeCsvRecords} wrote, and what others did with the same columns in any order.
 *
 * Errors: `EXPORT_INVALID` (data: file, record or line): a column that is missing, unknown or named twice, a row of another
 * length, a value that is none of its column's type.
 */
export async function* readCsvRecords(
  schema: RecordSchema,
  chunks: AsyncIterable<Uint8Array>,
  { file, maxRecordBytes = defaultRecordBytes }: ReadRecordsOptions,
): AsyncGenerator<SchemaRecord> {
  const columns = new Map(schema.columns.map((column) => [column.name, column]));
  const rows = readCsvRows(decodeText(chunks), {
    file,
    maxRowLength: maxRecordBytes,
    maxColumns: columns.size,
    marksQuotes: true,
  });
  let header: readonly string[] | undefined;
  let number = 0;
  for await (const { cells, quoted = [] } of rows) {
    if (header === undefined) {
      const same = new Set(cells);
      if (same.size !== cells.length || !cells.every((name) => columns.has(name)) || same.size !== columns.size)
        throw misfit(schema, "its header is not that of the schema", { file, record: 0 });
      header = cells;
      continue;
    }
    number += 1;
    const place = { file, record: number };
    if (cells.length !== header.length) throw misfit(schema, "a row has more or fewer cells than the header", place);
    const values: Record<string, ColumnValue> = {};
    for (const [index, text] of cells.entries()) {
      const column = columns.get(header[index] ?? "");
      if (column === undefined || (text === "" && quoted[index] !== true)) continue;
      const value = valueOfText(column, text);
      if (value === undefined) throw misfit(schema, `${column.name} is not a ${column.type}`, place);
      values[column.name] = value;
    }
    yield checked(schema, values, place);
  }
  if (header === undefined) throw misfit(schema, "it has no header", { file, record: 0 });
}

function rowText(values: readonly ColumnValue[]): string {
  return `${values.map((value) => (value === null ? "" : cellText(textOfValue(value)))).join(",")}\r\n`;
}

function cellText(text: string): string {
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
