import { type DuckDBConnection, StatementType } from "@duckdb/node-api";
import { encode } from "@ipld/dag-cbor";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { checkStatement } from "./checkStatement.ts";
import { ownersColumn, rowsColumn, withGroupCounts } from "./countGroups.ts";
import { createViews, lockEngine, type SqlEngine, type SqlTable } from "./sqlEngine.ts";

type Scalar = string | number | bigint | boolean | null;
type Row = Readonly<Record<string, Scalar>>;

export type SqlResult = {
  readonly rows: readonly Row[];
  /** Behind each row, where they were asked for. */
  readonly groups: readonly { readonly rows: number; readonly owners: number }[];
};

/**
 * Runs one SELECT over Parquet tables in an engine that then can reach those files and nothing else, and ends the engine. Rows come in the
 * statement's order, or else in that of their encoding.
 * DuckDB's own messages quote data, so none of them leaves: a failure says only what kind it was.
 * @throws PersonaError PROGRAM_INVALID, PROGRAM_FAILED, LIMIT_EXCEEDED, OUTPUT_POLICY_VIOLATED
 */
export async function runSql(
  engine: SqlEngine,
  job: {
    readonly statement: string;
    readonly args: Readonly<Record<string, unknown>>;
    readonly tables: readonly SqlTable[];
    readonly maxRows: number;
    readonly memoryMb: number;
    readonly countGroups: boolean;
  },
): Promise<SqlResult> {
  const { connection, instance } = engine;
  try {
    await lockEngine(engine, job.tables, job.memoryMb);
    const names = [...new Set(job.tables.map(({ table }) => table))];
    const checked = await checkStatement(connection, job.statement, names);
    const statement = job.countGroups ? await withGroupCounts(connection, checked, names) : job.statement;
    await createViews(engine, job.tables);
    const rows = await select(connection, { ...job, statement });
    const sorted = checked.isOrdered ? rows : inOrderOfBytes(rows);
    return { rows: sorted.map(withoutCounts), groups: job.countGroups ? sorted.map(countsOf) : [] };
  } catch (error) {
    throw error instanceof PersonaError ? error : verdictOf(error);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function select(
  connection: DuckDBConnection,
  { statement, args, maxRows }: { statement: string; args: Readonly<Record<string, unknown>>; maxRows: number },
): Promise<Row[]> {
  const statements = await connection.extractStatements(statement).catch(() => {
    throw new PersonaError("PROGRAM_INVALID", "The statement does not parse.");
  });
  if (statements.count !== 1) throw new PersonaError("PROGRAM_INVALID", "The program is not exactly one statement.");
  const prepared = await statements.prepare(0);
  if (prepared.statementType !== StatementType.SELECT)
    throw new PersonaError("PROGRAM_INVALID", "The statement is not a SELECT.");
  prepared.bind(args as Record<string, Scalar>);
  const reader = await prepared.streamAndReadUntil(maxRows + 1);
  if (reader.currentRowCount > maxRows)
    throw new PersonaError("OUTPUT_POLICY_VIOLATED", `The result has more than ${maxRows} rows.`);
  return reader
    .getRowObjectsJS()
    .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, scalarOf(value)])));
}

function inOrderOfBytes(rows: readonly Row[]): Row[] {
  const keyed = rows.map((row) => ({ row, key: Buffer.from(encode(row)) }));
  return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ row }) => row);
}

const withoutCounts = ({ [rowsColumn]: _rows, [ownersColumn]: _owners, ...row }: Row): Row => row;
const countsOf = (row: Row) => ({ rows: Number(row[rowsColumn]), owners: Number(row[ownersColumn]) });

/** How DuckDB's messages begin when the statement itself is to blame, on the same data everywhere. */
const blamesProgram =
  /^(Parser|Binder|Catalog|Conversion|Invalid Input|Invalid|Out of Range|Constraint|Not implemented|Mismatch Type|Invalid Type|Syntax|Permission) Error/i;

function verdictOf(error: unknown): PersonaError {
  const message = error instanceof Error ? error.message : "";
  if (message.startsWith("Out of Memory") || error instanceof RangeError)
    return new PersonaError("LIMIT_EXCEEDED", "The program used too much memory.");
  if (blamesProgram.test(message)) return new PersonaError("PROGRAM_FAILED", "The statement failed.");
  return new PersonaError("ENCLAVE_FAILED", "The engine failed.");
}

function scalarOf(value: unknown): Scalar {
  const isScalar = value === null || ["string", "number", "boolean", "bigint"].includes(typeof value);
  if (!isScalar || (typeof value === "number" && !Number.isFinite(value)))
    throw new PersonaError("OUTPUT_POLICY_VIOLATED", "A column is not a scalar: cast it in the statement.");
  // Zero has a sign for the engine and none in a result.
  return value === 0 ? 0 : (value as Scalar);
}
