import { createParquetWriter } from "../parquet.ts";
import { openParquet } from "../parquetFile/openParquet.ts";
import { wholeBytes } from "../parquetFile/wholeBytes.ts";
import { createRowGroupBuffer } from "../rowGroup.ts";
import type { Column, ColumnValue, RecordSchema, SchemaRecord } from "../schemas/index.ts";
import { checked, misfit } from "./checked.ts";
import { defaultParquetBytes, type ReadRecordsOptions } from "./format.ts";

/** Records as Parquet, as segments have them: one row group after the other, and no more in memory. */
export async function* writeParquetRecords(
  schema: RecordSchema,
  records: AsyncIterable<SchemaRecord> | Iterable<SchemaRecord>,
): AsyncGenerator<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const writer = createParquetWriter(schema, (bytes) => {
    pieces.push(bytes.slice());
  });
  const buffer = createRowGroupBuffer(schema);
  const flush = async (): Promise<void> => {
    const group = buffer.take();
    if (group !== undefined) await writer.add(group);
  };
  for await (const record of records) {
    if (buffer.add(record)) await flush();
    yield* pieces.splice(0);
  }
  await flush();
  await writer.finish();
  yield* pieces;
}

/**
 * Reads a segment's Parquet back. Whole in memory, for its table of contents is at its end. A decimal keeps its value and not
 * the zeros behind it: DECIMAL(38, 18) has one form for 1.1 and 1.10.
 *
 * Errors: those of {@link openParquet} and {@link wholeBytes}; `EXPORT_INVALID` (data: file, record) for other columns than the
 * schema's, or values of other types.
 */
export async function* readParquetRecords(
  schema: RecordSchema,
  chunks: AsyncIterable<Uint8Array>,
  { file, maxParquetBytes = defaultParquetBytes }: ReadRecordsOptions,
): AsyncGenerator<SchemaRecord> {
  const table = openParquet(await wholeBytes(chunks, { file, maxBytes: maxParquetBytes }), { file });
  const columns = new Map(schema.columns.map((column) => [column.name, column]));
  const own = table.columns.map((name) => columns.get(name)).filter((column) => column !== undefined);
  if (own.length !== columns.size || own.length !== table.columns.length || new Set(own).size !== own.length)
    throw misfit(schema, "its columns are not those of the schema", { file, record: 0 });
  let number = 0;
  for await (const values of table.rows()) {
    number += 1;
    const place = { file, record: number };
    const entries = own.map((column, index): [string, ColumnValue] => {
      const value = restored(column, values[index]);
      if (value === undefined) throw misfit(schema, `${column.name} is not a ${column.type}`, place);
      return [column.name, value];
    });
    yield checked(schema, Object.fromEntries(entries), place);
  }
}

function restored({ type }: Column, value: unknown): ColumnValue | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean" || value instanceof Date) return value;
  // Others write small whole numbers as INT32.
  if (type === "BIGINT" && typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  return typeof value === "number" || typeof value === "bigint" ? value : undefined;
}
