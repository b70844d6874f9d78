import type { DuckDBConnection } from "@duckdb/node-api";
import { quotedName, quotedText, type SqlTable } from "./sqlEngine.ts";

/** One value of a record as programs see it. Integers are bigints. */
export type FieldValue = null | boolean | bigint | number | string;
/** The owner's pseudonym, then the columns that the program named. */
export type FieldRow = readonly FieldValue[];

/**
 * The records of one table, file by file and row by row, a few hundred or thousand at a time: the columns that the program named and no others.
 * Types are those of docs/programs.md: what is neither a boolean, an integer, a float nor a text comes as text.
 */
export async function* recordBatches(
  connection: DuckDBConnection,
  parts: readonly SqlTable[],
  columns: readonly string[],
): AsyncGenerator<FieldRow[]> {
  for (const { owner, path } of parts) {
    const from = `read_parquet(${quotedText(path)})`;
    const described = (await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`)).getRowObjectsJS();
    const types = new Map(described.map((row) => [String(row["column_name"]), String(row["column_type"])]));
    // A file that lacks a column is of an older version of its schema: null.
    const select = columns.map((column) => `${readingOf(column, types.get(column))} AS ${quotedName(column)}`);
    const result = await connection.stream(`SELECT ${select.join(", ")} FROM ${from}`);
    for (
      let chunk = await result.fetchChunk();
      chunk !== null && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      const rows = chunk.getRows() as FieldValue[][];
      yield rows.map((row) => [owner, ...row]);
    }
  }
}

function readingOf(column: string, type: string | undefined): string {
  if (type === undefined) return "NULL::VARCHAR";
  const name = quotedName(column);
  if (type === "BOOLEAN" || type === "BIGINT" || type === "DOUBLE" || type === "VARCHAR") return name;
  if (/^U?(TINYINT|SMALLINT|INTEGER)$/.test(type)) return `${name}::BIGINT`;
  if (type === "FLOAT") return `${name}::DOUBLE`;
  if (/^TIMESTAMP|^DATE$/.test(type)) return `epoch_us(${name}::TIMESTAMP${type.endsWith("ZONE") ? "TZ" : ""})::BIGINT`;
  if (type === "BLOB") return `base64(${name})`;
  if (/^(STRUCT|MAP)|\[\d*\]$/.test(type)) return `to_json(${name})::VARCHAR`;
  return `${name}::VARCHAR`;
}
