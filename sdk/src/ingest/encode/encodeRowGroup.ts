import type { ColumnChunk } from "hyparquet";
import { type RowGroup, rowGroupCharacters, rowGroupRecords } from "../rowGroup.ts";
import type { ColumnValue, RecordSchema, SchemaRecord } from "../schemas/recordSchema.ts";
import { createColumnEncoder } from "./columnEncoder.ts";
import { createGrowingBytes, reset } from "./growingBytes.ts";

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
  readonly chunks: readonly ColumnChunk[];
};

/** Makes row groups of records, column by column while they come: what is held are bytes. */
export type GroupEncoder = {
  /** The record must have passed `checkRecord`. @returns true when the group is full and must be taken */
  add(record: SchemaRecord): boolean;
  /** All that was added since the last time; undefined when that is nothing. */
  take(): EncodedGroup | undefined;
};

/**
 * hyparquet-writer's own way from values to pages takes three times as long; what is thrift (page headers, the table of contents) is
 * still its work. The same records give the same bytes.
 */
export function createGroupEncoder(schema: RecordSchema): GroupEncoder {
  const encoders = columnEncoders(schema);
  let records = 0;
  let characters = 0;
  return {
    add(record) {
      records += 1;
      for (const { name, column, isTime } of encoders.columns) {
        const value = record[name] ?? null;
        column.add(value);
        if (isTime) encoders.time(value);
        if (typeof value === "string") characters += value.length;
      }
      return records === rowGroupRecords || characters >= rowGroupCharacters;
    },
    take() {
      if (records === 0) return undefined;
      const group = encoders.take(records);
      records = 0;
      characters = 0;
      return group;
    },
  };
}

/** The same for records that are in columns already. */
export function encodeRowGroup(schema: RecordSchema, { columns: values, records }: RowGroup): EncodedGroup {
  const encoders = columnEncoders(schema);
  for (const [index, { column, isTime }] of encoders.columns.entries()) {
    for (const value of values[index] ?? []) {
      column.add(value);
      if (isTime) encoders.time(value);
    }
  }
  return encoders.take(records);
}

function columnEncoders(schema: RecordSchema) {
  const columns = schema.columns.map((column) => ({
    name: column.name,
    isTime: column.name === schema.time,
    column: createColumnEncoder(column),
  }));
  const out = createGrowingBytes();
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  return {
    columns,
    time(value: ColumnValue): void {
      const at = timeOf(value);
      if (at < from) from = at;
      if (at > to) to = at;
    },
    take(records: number): EncodedGroup {
      reset(out);
      const chunks = columns.map(({ column }) => column.finish(out));
      const hasTime = from <= to;
      const group = {
        records,
        from: hasTime ? new Date(from) : null,
        to: hasTime ? new Date(to) : null,
        bytes: out.bytes.slice(0, out.length),
        chunks,
      };
      from = Number.POSITIVE_INFINITY;
      to = Number.NEGATIVE_INFINITY;
      return group;
    },
  };
}

/** A day without a zone begins, for the range of a segment, when it begins in UTC. NaN where there is none. */
function timeOf(value: ColumnValue): number {
  if (value instanceof Date) return value.getTime();
  return typeof value === "string" ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
}
