import type { ParquetType } from "hyparquet";
import type { SchemaElement } from "hyparquet-writer";
import type { ColumnType, RecordSchema } from "../schemas/recordSchema.ts";
import { decimal } from "./plainValues.ts";

/** The columns of a schema as Parquet names them, behind their root. */
export function parquetColumns({ columns }: RecordSchema): SchemaElement[] {
  return [
    { name: "root", num_children: columns.length },
    ...columns.map(
      ({ name, type, nullable }): SchemaElement => ({
        name,
        repetition_type: nullable ? "OPTIONAL" : "REQUIRED",
        type: physicalTypes[type],
        ...logicalTypes[type],
      }),
    ),
  ];
}

export const physicalTypes: Readonly<Record<ColumnType, ParquetType>> = {
  VARCHAR: "BYTE_ARRAY",
  BIGINT: "INT64",
  DOUBLE: "DOUBLE",
  DECIMAL: "FIXED_LEN_BYTE_ARRAY",
  BOOLEAN: "BOOLEAN",
  DATE: "INT32",
  JSON: "BYTE_ARRAY",
  TIMESTAMP: "INT64",
};

const logicalTypes: Readonly<Record<ColumnType, Partial<SchemaElement>>> = {
  VARCHAR: { converted_type: "UTF8" },
  BIGINT: {},
  DOUBLE: {},
  // Sixteen bytes hold 38 digits.
  DECIMAL: {
    type_length: 16,
    converted_type: "DECIMAL",
    ...decimal,
    logical_type: { type: "DECIMAL", ...decimal },
  },
  BOOLEAN: {},
  DATE: { converted_type: "DATE", logical_type: { type: "DATE" } },
  // Text in every engine; JSON's own logical type needs an extension in some.
  JSON: { converted_type: "UTF8" },
  // Not adjusted to UTC, so that engines give TIMESTAMP and not a zoned type. The values are UTC all the same.
  TIMESTAMP: { logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MILLIS" } },
};
