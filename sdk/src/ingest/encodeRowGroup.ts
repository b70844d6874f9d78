import type { ColumnChunk, OffsetIndex } from "hyparquet";
import { ByteWriter, ParquetWriter as HyparquetWriter, type SchemaElement } from "hyparquet-writer";
import type { RowGroup } from "./rowGroup.ts";
import type { Column, ColumnType, ColumnValue, RecordSchema } from "./schemas/index.ts";

/**
 * A row group as it stands in a Parquet file, encoded by itself: plain data, so that it can come from another thread. All places
 * are counted from its beginning.
 */
export type EncodedGroup = {
  readonly records: number;
  /** Earliest and latest value of the schema's time column; null when it has none or all are null. */
  readonly from: Date | null;
  readonly to: Date | null;
  /** In memory of its own. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** One for each column, in the schema's order. */
  readonly chunks: readonly { readonly chunk: ColumnChunk; readonly offsetIndex?: OffsetIndex | undefined }[];
};

export function encodeRowGroup(schema: RecordSchema, group: RowGroup): EncodedGroup {
  const writer = new ByteWriter();
  const parquet = new HyparquetWriter({ writer, schema: parquetColumns(schema), codec: "SNAPPY" });
  // What begins a file belongs to the file.
  writer.index = 0;
  writer.offset = 0;
  const columnData = schema.columns.map(({ name, type }, index) => ({
    name,
    data: stored(type, group.columns[index] ?? []),
  }));
  // Into memory: done when it returns, a promise only for writers that flush elsewhere.
  void parquet.write({ columnData, rowGroupSize: group.records });
  const chunks = parquet.pendingIndexes.map(({ chunk, offsetIndex }) => ({ chunk, offsetIndex }));
  return { records: group.records, ...timesOf(schema, group), bytes: writer.getBytes().slice(), chunks };
}

/** The columns of a schema as Parquet names them, behind their root. */
export function parquetColumns({ columns }: RecordSchema): SchemaElement[] {
  return [{ name: "root", num_children: columns.length }, ...columns.map(schemaElement)];
}

function timesOf(schema: RecordSchema, { columns }: RowGroup): Pick<EncodedGroup, "from" | "to"> {
  let from: Date | null = null;
  let to: Date | null = null;
  for (const value of columns[schema.columns.findIndex(({ name }) => name === schema.time)] ?? []) {
    const at = instantOf(value);
    if (at !== null && (from === null || at < from)) from = at;
    if (at !== null && (to === null || at > to)) to = at;
  }
  return { from, to };
}

/** As the library takes it: decimals as a whole number of their last digit, days as their number since 1970. */
function stored(type: ColumnType, values: readonly ColumnValue[]): ColumnValue[] {
  if (type !== "DECIMAL" && type !== "DATE") return values as ColumnValue[];
  return values.map((value) => {
    if (typeof value !== "string") return value;
    return type === "DECIMAL" ? unscaled(value) : dayNumber(value);
  });
}

function dayNumber(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / 86_400_000;
}

function unscaled(text: string): bigint {
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(decimal.scale, "0"));
}

/** A day without a zone begins, for the range of a segment, when it begins in UTC. */
function instantOf(value: ColumnValue): Date | null {
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
