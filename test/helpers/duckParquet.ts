import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

/** A Parquet file as another program writes it. `options` such as `codec 'snappy'`. */
export async function duckParquet(query: string, options = "codec 'snappy'"): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "persona-duck-"));
  const instance = await DuckDBInstance.create(":memory:");
  try {
    const path = join(folder, "data.parquet");
    const connection = await instance.connect();
    await connection.run(`copy (${query}) to '${path}' (format parquet, ${options})`);
    connection.closeSync();
    return await readFile(path);
  } finally {
    instance.closeSync();
    await rm(folder, { recursive: true });
  }
}
