/**
 * Types of columns, by their SQL names in the enclave's engine. TIMESTAMP is UTC with millisecond precision; the SQL type
 * has no zone, because a zoned one would make results depend on the session's time zone.
 */
export type ColumnType = "VARCHAR" | "BIGINT" | "BOOLEAN" | "TIMESTAMP";

export type Column = {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** What it holds, with unit and the term of the vocabulary it follows. */
  readonly description: string;
};

/**
 * A standard record, whatever its source. A published version never changes; a new column is a new version.
 * Ids stay VARCHAR: those of X pass 2^53.
 */
export type RecordSchema = {
  /** `persona:<name>@<version>`. */
  readonly id: `persona:${string}@${number}`;
  /** Name of the table that programs select from. */
  readonly table: string;
  readonly columns: readonly Column[];
  /** Column that is unique within a segment: repeats are dropped. */
  readonly key: string;
  /** TIMESTAMP column that the segment's time range is taken from; null when records have no time. */
  readonly time: string | null;
};

export type ColumnValue = string | bigint | boolean | Date | null;

/** One value for each column: VARCHAR string, BIGINT bigint, BOOLEAN boolean, TIMESTAMP Date. */
export type SchemaRecord = Readonly<Record<string, ColumnValue>>;
