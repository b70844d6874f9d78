import { ByteWriter, ParquetWriter as HyparquetWriter, type SchemaElement } from "hyparquet-writer";
import { concatBytes } from "../crypto/bytes.ts";
import { createRowGroupBuffer, type RowGroup } from "./rowGroup.ts";
import type { Column, ColumnType, ColumnValue, RecordSchema, SchemaRecord } from "./schemas/index.ts";

/** What a manifest entry needs to know of a Parquet file. */
export type ParquetSummary = {
  readonly records: number;
  /** Earliest and latest value of the schema's time column; null when it has none or all are null. */
  readonly from: Date | null;
  readonly to: Date | null;
};

/** A finished Parquet file, whole in memory. */
export type ParquetFile = ParquetSummary & { readonly bytes: Uint8Array<ArrayBuffer> };

export type ParquetWriter = {
  /** A promise when `write` gave one: no other group before that. */
  add(group: RowGroup): void | Promise<void>;
  /** Ends the file. The writer cannot be used again. */
  finish(): Promise<ParquetSummary>;
};

/**
 * Writes records of one schema as Parquet (snappy), row group by row group, which is all that it holds. `write` gets the file in
 * pieces, and has done with one when it returns or its promise is fulfilled. The same groups give the same bytes: no clock,
 * no random value, no version of a tool is in the file.
 */
export function createParquetWriter(
  schema: RecordSchema,
  write: (bytes: Uint8Array) => void | Promise<void>,
): ParquetWriter {
  const output = new ByteWriter();
  const parquet = new HyparquetWriter({
    writer: output,
    schema: [{ name: "root", num_children: schema.columns.length }, ...schema.columns.map(schemaElement)],
    codec: "SNAPPY",
    kvMetadata: [{ key: "persona.schema", value: schema.id }],
    createdBy: "persona-protocol",
  });
  const timeIndex = schema.columns.findIndex(({ name }) => name === schema.time);
  let records = 0;
  let from: Date | null = null;
  let to: Date | null = null;

  function handOn(): void | Promise<void> {
    const bytes = output.getBytes();
    // Its place in the file stays; its memory is used again.
    output.index = 0;
    return write(bytes);
  }

  return {
    add(group) {
      for (const value of group.columns[timeIndex] ?? []) {
        const at = instantOf(value);
        if (at !== null && (from === null || at < from)) from = at;
        if (at !== null && (to === null || at > to)) to = at;
      }
      const columnData = schema.columns.map(({ name, type }, index) => ({
        name,
        data: stored(type, group.columns[index] ?? []),
      }));
      // Into memory: done when it returns, a promise only for writers that flush elsewhere.
      void parquet.write({ columnData, rowGroupSize: group.records });
      records += group.records;
      return handOn();
    },
    async finish() {
      void parquet.finish();
      await handOn();
      return { records, from, to };
    },
  };
}

/** All records at once. See {@link createParquetWriter}. */
export async function writeParquet(schema: RecordSchema, records: Iterable<SchemaRecord>): Promise<ParquetFile> {
  const pieces: Uint8Array[] = [];
  const buffer = createRowGroupBuffer(schema);
  const writer = createParquetWriter(schema, (bytes) => {
    pieces.push(bytes.slice());
  });
  const flush = async (): Promise<void> => {
    const group = buffer.take();
    if (group !== undefined) await writer.add(group);
  };
  for (const record of records) if (buffer.add(record)) await flush();
  await flush();
  const summary = await writer.finish();
  return { ...summary, bytes: concatBytes(...pieces) };
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
