import { DuckDBInstance, StatementType } from "@duckdb/node-api";
import type { ProgramArgs, ResultRow } from "@persona-protocol/sdk/compute";
import { PersonaError } from "@persona-protocol/sdk/errors";

export type SqlTable = {
  readonly table: string;
  /** Pseudonym of the data's owner within this job. */
  readonly owner: string;
  /** Parquet file. */
  readonly path: string;
};

/** An engine without data, to be had before the job is: starting it takes as long as a small query. */
export type SqlEngine = { readonly instance: DuckDBInstance; readonly connection: Connection };

export async function startSqlEngine(): Promise<SqlEngine> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "1",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    temp_directory: "",
    preserve_insertion_order: "true",
    default_collation: "",
  });
  return { instance, connection: await instance.connect() };
}

/**
 * Runs one SELECT over Parquet tables in an engine that then can reach those files and nothing else, and ends the engine.
 * DuckDB's own messages quote data, so none of them leaves: a failure says only what kind it was.
 * @throws PersonaError PROGRAM_INVALID, PROGRAM_FAILED, LIMIT_EXCEEDED, OUTPUT_POLICY_VIOLATED
 */
export async function runSql(
  { instance, connection }: SqlEngine,
  job: {
    readonly statement: string;
    readonly args: ProgramArgs;
    readonly tables: readonly SqlTable[];
    readonly maxRows: number;
    readonly memoryMb: number;
  },
): Promise<readonly ResultRow[]> {
  try {
    const paths = job.tables.map(({ path }) => quoted(path)).join(", ");
    await connection.run(`SET memory_limit = '${job.memoryMb}MB'`);
    await connection.run(`SET allowed_paths = [${paths}]`);
    await connection.run("SET enable_external_access = false");
    await connection.run("SET lock_configuration = true");
    for (const [table, parts] of Map.groupBy(job.tables, ({ table }) => table)) {
      const selects = parts.map(
        ({ owner, path }) => `SELECT ${quoted(owner)} AS owner, * FROM read_parquet(${quoted(path)})`,
      );
      await connection.run(`CREATE VIEW "${table.replaceAll('"', '""')}" AS ${selects.join(" UNION ALL ")}`);
    }
    return await select(connection, job);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

type Connection = Awaited<ReturnType<DuckDBInstance["connect"]>>;

async function select(
  connection: Connection,
  { statement, args, maxRows }: { statement: string; args: ProgramArgs; maxRows: number },
): Promise<readonly ResultRow[]> {
  const statements = await connection.extractStatements(statement).catch(() => {
    throw new PersonaError("PROGRAM_INVALID", "The statement does not parse.");
  });
  if (statements.count !== 1) throw new PersonaError("PROGRAM_INVALID", "The program is not exactly one statement.");
  try {
    const prepared = await statements.prepare(0);
    if (prepared.statementType !== StatementType.SELECT)
      throw new PersonaError("PROGRAM_INVALID", "The statement is not a SELECT.");
    prepared.bind({ ...args });
    const reader = await prepared.streamAndReadUntil(maxRows + 1);
    if (reader.currentRowCount > maxRows)
      throw new PersonaError("OUTPUT_POLICY_VIOLATED", `The result has more than ${maxRows} rows.`);
    return reader
      .getRowObjectsJS()
      .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, scalarOf(value)])));
  } catch (error) {
    if (error instanceof PersonaError) throw error;
    throw verdictOf(error);
  }
}

/** How DuckDB's messages begin when the statement itself is to blame, on the same data everywhere. */
const blamesProgram =
  /^(Parser|Binder|Catalog|Conversion|Invalid Input|Out of Range|Constraint|Not implemented|Mismatch Type|Syntax|Permission) Error/i;

function verdictOf(error: unknown): PersonaError {
  const message = error instanceof Error ? error.message : "";
  if (message.startsWith("Out of Memory"))
    return new PersonaError("LIMIT_EXCEEDED", "The program used too much memory.");
  if (blamesProgram.test(message)) return new PersonaError("PROGRAM_FAILED", "The statement failed.");
  return new PersonaError("ENCLAVE_FAILED", "The engine failed.");
}

function scalarOf(value: unknown): ResultRow[string] {
  if (
    value === null ||
    typeof value === "string" ||
    typeof value === "number" ||
    typeof value === "boolean" ||
    typeof value === "bigint"
  )
    return value;
  throw new PersonaError("OUTPUT_POLICY_VIOLATED", "A column is not a scalar: cast it in the statement.");
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
