import { ByteWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import type { Column, ColumnType, ColumnValue, RecordSchema, SchemaRecord } from "./schemas/index.ts";

/** A finished Parquet file, whole in memory, with what its manifest entry needs. */
export type ParquetFile = {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly records: number;
  /** Earliest and latest value of the schema's time column; null when it has none or all are null. */
  readonly from: Date | null;
  readonly to: Date | null;
};

export type ParquetRecordWriter = {
  /** The record must have passed `checkRecord`. */
  append(record: SchemaRecord): void;
  /** Ends the file. The writer cannot be used again. */
  finish(): ParquetFile;
};

/** A row group ends at whichever comes first: the memory of a writer is one row group and the compressed bytes so far. */
const rowGroupRecords = 32_768;
const rowGroupCharacters = 16 * 2 ** 20;

/**
 * Writes records of one schema as Parquet (snappy), row group by row group. The same records give the same bytes: no clock,
 * no random value, no version of a tool is in the file.
 */
export function createParquetWriter(schema: RecordSchema): ParquetRecordWriter {
  const output = new ByteWriter();
  const parquet = new ParquetWriter({
    writer: output,
    schema: [{ name: "root", num_children: schema.columns.length }, ...schema.columns.map(schemaElement)],
    codec: "SNAPPY",
    kvMetadata: [{ key: "persona.schema", value: schema.id }],
    createdBy: "persona-protocol",
  });
  const { time, columns } = schema;
  let group: ColumnValue[][] = columns.map(() => []);
  let characters = 0;
  let inGroup = 0;
  let records = 0;
  let from: Date | null = null;
  let to: Date | null = null;

  function flush(): void {
    const columnData = columns.map(({ name }, index) => ({ name, data: group[index] ?? [] }));
    // Into memory: done when it returns, a promise only for writers that flush elsewhere.
    void parquet.write({ columnData, rowGroupSize: rowGroupRecords });
    group = columns.map(() => []);
    characters = 0;
    inGroup = 0;
  }

  return {
    append(record) {
      for (const [index, column] of columns.entries()) {
        const value = record[column.name] ?? null;
        group[index]?.push(stored(column.type, value));
        if (typeof value === "string") characters += value.length;
      }
      const at = time === null ? null : instantOf(record[time]);
      if (at !== null) {
        if (from === null || at < from) from = at;
        if (to === null || at > to) to = at;
      }
      records += 1;
      inGroup += 1;
      if (inGroup === rowGroupRecords || characters >= rowGroupCharacters) flush();
    },
    finish() {
      if (inGroup > 0) flush();
      void parquet.finish();
      // A copy: the writer's own buffer is up to twice as long.
      return { bytes: output.getBytes().slice(), records, from, to };
    },
  };
}

/** All records at once. See {@link createParquetWriter}. */
export function writeParquet(schema: RecordSchema, records: Iterable<SchemaRecord>): ParquetFile {
  const writer = createParquetWriter(schema);
  for (const record of records) writer.append(record);
  return writer.finish();
}

/** As the writer takes it: decimals as a whole number of their last digit, days as their number since 1970. */
function stored(type: ColumnType, value: ColumnValue): ColumnValue {
  if (typeof value !== "string") return value;
  if (type === "DECIMAL") return unscaled(value);
  if (type === "DATE") return Date.parse(`${value}T00:00:00Z`) / 86_400_000;
  return value;
}

function unscaled(text: string): bigint {
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(decimal.scale, "0"));
}

/** A day without a zone begins, for the range of a segment, when it begins in UTC. */
function instantOf(value: ColumnValue | undefined): Date | null {
  if (value instanceof Date) return value;
  return typeof value === "string" ? new Date(`${value}T00:00:00Z`) : null;
}

const decimal = { precision: 38, scale: 18 };

const physical: Readonly<Record<ColumnType, Omit<SchemaElement, "name" | "repetition_type">>> = {
  VARCHAR: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  BIGINT: { type: "INT64" },
  DOUBLE: { type: "DOUBLE" },
  // Sixteen bytes hold 38 digits.
  DECIMAL: {
    type: "FIXED_LEN_BYTE_ARRAY",
    type_length: 16,
    converted_type: "DECIMAL",
    ...decimal,
    logical_type: { type: "DECIMAL", ...decimal },
  },
  BOOLEAN: { type: "BOOLEAN" },
  DATE: { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } },
  // Text in every engine; JSON's own logical type needs an extension in some.
  JSON: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  // Not adjusted to UTC, so that engines give TIMESTAMP and not a zoned type. The values are UTC all the same.
  TIMESTAMP: { type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MILLIS" } },
};

function schemaElement(column: Column): SchemaElement {
  return { name: column.name, repetition_type: column.nullable ? "OPTIONAL" : "REQUIRED", ...physical[column.type] };
}
