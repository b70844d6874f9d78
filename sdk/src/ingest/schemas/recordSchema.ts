/**
 * Types of columns, by their SQL names in the enclave's engine.
 *
 * | type | value in a SchemaRecord | in Parquet |
 * |---|---|---|
 * | VARCHAR | well-formed string | UTF-8 |
 * | BIGINT | bigint of 64 bits | INT64 |
 * | DOUBLE | finite number, a measured value | DOUBLE |
 * | DECIMAL | decimal text, at most 20 digits before and 18 after the point: money is never a float | DECIMAL(38, 18) |
 * | BOOLEAN | boolean | BOOLEAN |
 * | DATE | `YYYY-MM-DD`, a day of a calendar that nobody gave a zone | DATE |
 * | TIMESTAMP | Date: an instant in UTC, milliseconds; without a zone in SQL, where a zoned one would depend on the session | TIMESTAMP |
 * | JSON | JSON text of a nested value | UTF-8 |
 */
export type ColumnType = "VARCHAR" | "BIGINT" | "DOUBLE" | "DECIMAL" | "BOOLEAN" | "DATE" | "TIMESTAMP" | "JSON";

export type Column = {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** What it holds, with unit and the term of the vocabulary it follows. */
  readonly description: string;
  /**
   * What it says of people who are not the owner: `identity` is a name, handle, address, number or id of theirs (in a JSON
   * column, every text in it), `content` is what they wrote or what is written about them. {@link ThirdParties} acts on it.
   */
  readonly others?: "identity" | "content";
  /** A BOOLEAN column: where it is true, this value is the owner's own and `others` does not hold. */
  readonly unless?: string;
  /** A BOOLEAN column: only where it is true is this value another person's. */
  readonly onlyIf?: string;
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
  /** VARCHAR column that is unique within a segment: repeats are dropped. Null where records have no identity. */
  readonly key: string | null;
  /** TIMESTAMP or DATE column that the segment's time range is taken from; null when records have no time. */
  readonly time: string | null;
};

export type ColumnValue = string | bigint | number | boolean | Date | null;

/** One value for each column, as {@link ColumnType} says. */
export type SchemaRecord = Readonly<Record<string, ColumnValue>>;
