/** Posts, and a question about them, that several figures are of: what is compared must be the same. */
import { readFile } from "node:fs/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import type { InlineProgram } from "@persona-protocol/sdk/compute";

/** Counts rows and adds up a column of those that pass a filter. */
export const filterPosts: InlineProgram = {
  v: 1,
  kind: "sql",
  name: "bench",
  description: "Filters and aggregates.",
  statement:
    "SELECT count(*)::BIGINT AS n, sum(like_count)::BIGINT AS likes FROM posts WHERE like_count >= 100 AND NOT is_repost",
  tables: [{ table: "posts", schema: "persona:post@1" }],
  args: [],
  result: { columns: ["n", "likes"].map((name) => ({ name, type: "bigint", nullable: false })), maxRows: 1 },
  limits: { timeMs: 60_000, memoryMb: 512 },
};

/** Bytes of a Parquet file of so many posts as `persona import` would write them, of no meaning; `path` is written on the way. */
export async function postsParquet(path: string, rows: number): Promise<Uint8Array> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  await connection.run(
    `COPY (SELECT n::VARCHAR AS id, 'a post number ' || n || CASE WHEN n % 9 = 0 THEN ' #train' ELSE '' END AS content,
       hash(n) % 1000 AS like_count, n % 7 AS share_count, n % 13 = 0 AS is_repost FROM range(${rows}) r(n)) TO '${path}' (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
  return new Uint8Array(await readFile(path));
}
