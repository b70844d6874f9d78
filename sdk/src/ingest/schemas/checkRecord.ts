import type { ColumnType, ColumnValue, RecordSchema, SchemaRecord } from "./recordSchema.ts";

/**
 * What is wrong with a record of this schema, as a constant text without its values; undefined when it fits.
 * `maxStringLength` is in UTF-16 units.
 */
export function checkRecord(schema: RecordSchema, record: SchemaRecord, maxStringLength: number): string | undefined {
  const { columns } = schema;
  for (let place = 0; place < columns.length; place++) {
    const column = columns[place];
    if (column === undefined) continue;
    const value = record[column.name];
    if (value === undefined) return `${column.name} is missing`;
    if (value === null) {
      if (!column.nullable) return `${column.name} is null`;
    } else if (!fits(column.type, value)) {
      return `${column.name} is not a ${column.type}`;
    } else if (typeof value === "string") {
      if (value.length > maxStringLength) return `${column.name} is longer than ${maxStringLength} characters`;
      // A lone surrogate has no UTF-8: two different texts would be stored as the same bytes.
      if (value !== wellFormed[place]) {
        if (!value.isWellFormed()) return `${column.name} is not well-formed Unicode`;
        wellFormed[place] = value.length <= maxRemembered ? value : "";
      }
    }
  }
  return undefined;
}

/** Texts that were well-formed, by the place of their column: most columns have the same text again and again. */
const wellFormed: string[] = [];
const maxRemembered = 256;

const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;

function fits(type: ColumnType, value: Exclude<ColumnValue, null>): boolean {
  switch (type) {
    case "VARCHAR":
    case "JSON":
      return typeof value === "string";
    case "BIGINT":
      return typeof value === "bigint" && value >= least && value <= most;
    case "DOUBLE":
      return typeof value === "number" && Number.isFinite(value);
    case "DECIMAL":
      return typeof value === "string" && isDecimal(value);
    case "BOOLEAN":
      return typeof value === "boolean";
    case "DATE":
      return typeof value === "string" && isDay(value);
    case "TIMESTAMP":
      return value instanceof Date && !Number.isNaN(value.getTime());
  }
}

/** Decimal text that DECIMAL(38, 18) holds exactly. */
export function isDecimal(text: string): boolean {
  return /^-?\d{1,20}(?:\.\d{1,18})?$/.test(text);
}

/** `YYYY-MM-DD` that names a day there is: not 30 February. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
