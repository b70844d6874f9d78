import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance, type DuckDBValue } from "@duckdb/node-api";

export type ParquetTable = {
  readonly types: Readonly<Record<string, string>>;
  readonly rows: readonly Readonly<Record<string, DuckDBValue>>[];
};

/** Reads Parquet with DuckDB, the engine that programs run on. `query` selects from the table `data`. */
export async function readParquet(bytes: Uint8Array, query = "select * from data"): Promise<ParquetTable> {
  const folder = await mkdtemp(join(tmpdir(), "persona-parquet-"));
  const instance = await DuckDBInstance.create(":memory:");
  try {
    const path = join(folder, "data.parquet");
    await writeFile(path, bytes);
    const connection = await instance.connect();
    await connection.run(`create view data as select * from read_parquet('${path}')`);
    const reader = await connection.runAndReadAll(query);
    const types = Object.fromEntries(
      reader.columnNames().map((name, index) => [name, String(reader.columnType(index))]),
    );
    const rows = reader.getRowObjects();
    connection.closeSync();
    return { types, rows };
  } finally {
    instance.closeSync();
    await rm(folder, { recursive: true });
  }
}
