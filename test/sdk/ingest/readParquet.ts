import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance, type DuckDBValue } from "@duckdb/node-api";

export type ParquetTable = {
  readonly types: Readonly<Record<string, string>>;
  readonly rows: readonly Readonly<Record<string, DuckDBValue>>[];
};

/** Starting and ending an engine takes longer than what is asked of it. What a connection makes here is its own. */
let engine: Promise<DuckDBInstance> | undefined;

/** Reads Parquet with DuckDB, the engine that programs run on. `query` selects from the table `data`. */
export async function readParquet(bytes: Uint8Array, query = "select * from data"): Promise<ParquetTable> {
  const folder = await mkdtemp(join(tmpdir(), "persona-parquet-"));
  engine ??= DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await (await engine).connect();
  try {
    const path = join(folder, "data.parquet");
    await writeFile(path, bytes);
    await connection.run(`create temp view data as select * from read_parquet('${path}')`);
    const reader = await connection.runAndReadAll(query);
    const types = Object.fromEntries(
      reader.columnNames().map((name, index) => [name, String(reader.columnType(index))]),
    );
    return { types, rows: reader.getRowObjects() };
  } finally {
    connection.closeSync();
    await rm(folder, { recursive: true });
  }
}
