import type { ColumnValue, RecordSchema, SchemaRecord } from "./schemas/recordSchema.ts";

/** Some records of one schema, column by column: what is written to a Parquet file at once. */
export type RowGroup = {
  readonly records: number;
  /** In the order of the schema's columns. */
  readonly columns: readonly (readonly ColumnValue[])[];
};

export type RowGroupBuffer = {
  /** The record must have passed `checkRecord`. @returns true when the group is full and must be taken */
  add(record: SchemaRecord): boolean;
  /** All that was added since the last time; undefined when that is nothing. */
  take(): RowGroup | undefined;
};

/** A row group ends at whichever comes first: the memory of a writer is a row group or two. */
export const rowGroupRecords = 32_768;
export const rowGroupCharacters = 4 * 2 ** 20;

export function createRowGroupBuffer({ columns }: RecordSchema): RowGroupBuffer {
  const names = columns.map(({ name }) => name);
  let group: ColumnValue[][] = names.map(() => []);
  let characters = 0;
  let records = 0;
  return {
    add(record) {
      for (let index = 0; index < names.length; index++) {
        const value = record[names[index] ?? ""] ?? null;
        group[index]?.push(value);
        if (typeof value === "string") characters += value.length;
      }
      records += 1;
      return records === rowGroupRecords || characters >= rowGroupCharacters;
    },
    take() {
      if (records === 0) return undefined;
      const taken = { records, columns: group };
      group = names.map(() => []);
      characters = 0;
      records = 0;
      return taken;
    },
  };
}
