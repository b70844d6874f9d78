import type { RecordSchema, SchemaRecord } from "../schemas/index.ts";
import { readCsvRecords, writeCsvRecords } from "./csvRecords.ts";
import type { ReadRecordsOptions, RecordFormat } from "./format.ts";
import { readJsonRecords, writeJsonRecords } from "./jsonRecords.ts";
import { readParquetRecords, writeParquetRecords } from "./parquetRecords.ts";

/**
 * Records of a schema from one form to another, on any platform. CSV, JSON and NDJSON stream; Parquet is whole in memory on
 * either side. Nothing is lost: every form gives the same records back (of a decimal, Parquet keeps the value alone).
 *
 * Errors: `EXPORT_INVALID` (data: file, and record, line or position); `ARCHIVE_TOO_LARGE` for too long a Parquet file.
 */
export function convertRecords(
  schema: RecordSchema,
  chunks: AsyncIterable<Uint8Array>,
  { from, to, ...options }: ReadRecordsOptions & { readonly from: RecordFormat; readonly to: RecordFormat },
): AsyncGenerator<Uint8Array> {
  return writeRecords(schema, readRecords(schema, chunks, { ...options, format: from }), { format: to });
}

/** Errors: those of {@link convertRecords}. */
export function readRecords(
  schema: RecordSchema,
  chunks: AsyncIterable<Uint8Array>,
  { format, ...options }: ReadRecordsOptions & { readonly format: RecordFormat },
): AsyncGenerator<SchemaRecord> {
  if (format === "csv") return readCsvRecords(schema, chunks, options);
  if (format === "parquet") return readParquetRecords(schema, chunks, options);
  return readJsonRecords(schema, chunks, { ...options, isSequence: format === "ndjson" });
}

/** The records must have passed `checkRecord`. */
export function writeRecords(
  schema: RecordSchema,
  records: AsyncIterable<SchemaRecord> | Iterable<SchemaRecord>,
  { format }: { readonly format: RecordFormat },
): AsyncGenerator<Uint8Array> {
  if (format === "parquet") return writeParquetRecords(schema, records);
  if (format === "csv") return encoded(writeCsvRecords(schema, records));
  return encoded(writeJsonRecords(schema, records, { isSequence: format === "ndjson" }));
}

/** In pieces of some size: a record is a small one. */
async function* encoded(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let text = "";
  for await (const piece of texts) {
    text += piece;
    if (text.length < pieceLength) continue;
    yield encoder.encode(text);
    text = "";
  }
  if (text !== "") yield encoder.encode(text);
}

const pieceLength = 65_536;
