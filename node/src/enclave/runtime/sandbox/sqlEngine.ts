import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

export type SqlTable = {
  readonly table: string;
  /** Pseudonym of the data's owner within this job. */
  readonly owner: string;
  /** Parquet file. */
  readonly path: string;
};

/** An engine without data, to be had before the job is: starting it takes as long as a small query. */
export type SqlEngine = { readonly instance: DuckDBInstance; readonly connection: DuckDBConnection };

/** One thread, one collation, one time zone: the same statement gives the same rows wherever it runs. */
export async function startSqlEngine(): Promise<SqlEngine> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "1",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    temp_directory: "",
    preserve_insertion_order: "true",
    default_collation: "",
  });
  const connection = await instance.connect();
  // The system's zone otherwise; the host chooses that.
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run("SET Calendar = 'gregorian'");
  return { instance, connection };
}

/** From here on the engine reaches these files and nothing else, whatever a statement says. */
export async function lockEngine(
  { connection }: SqlEngine,
  tables: readonly SqlTable[],
  memoryMb: number,
): Promise<void> {
  const paths = tables.map(({ path }) => quotedText(path)).join(", ");
  await connection.run(`SET memory_limit = '${memoryMb}MB'`);
  await connection.run(`SET allowed_paths = [${paths}]`);
  await connection.run("SET enable_external_access = false");
  await connection.run("SET lock_configuration = true");
}

/** One view for each schema, over all owners' files of it. */
export async function createViews({ connection }: SqlEngine, tables: readonly SqlTable[]): Promise<void> {
  for (const [table, parts] of Map.groupBy(tables, ({ table }) => table)) {
    const selects = parts.map(
      ({ owner, path }) => `SELECT ${quotedText(owner)} AS owner, * FROM read_parquet(${quotedText(path)})`,
    );
    await connection.run(`CREATE VIEW ${quotedName(table)} AS ${selects.join(" UNION ALL BY NAME ")}`);
  }
}

export const quotedText = (text: string) => `'${text.replaceAll("'", "''")}'`;
export const quotedName = (name: string) => `"${name.replaceAll('"', '""')}"`;
