import { type DuckDBConnection, StatementType } from "@duckdb/node-api";
import { encode } from "@ipld/dag-cbor";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { checkStatement } from "./checkStatement.ts";
import { countColumns, withGroupCounts } from "./countGroups.ts";
import { createViews, lockEngine, type SqlEngine, type SqlTable } from "./sqlEngine.ts";

type Scalar = string | number | bigint | boolean | null;
type Row = Readonly<Record<string, Scalar>>;
/** A row of the result, and the numbers that the runtime has added to it. */
type Selected = { readonly row: Row; readonly counts: readonly number[] };
type Selection = {
  readonly statement: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly maxRows: number;
  /** Columns at the end that are the runtime's. */
  readonly added: number;
};

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
    const selected = await select(connection, { ...job, statement, added: job.countGroups ? countColumns : 0 });
    const sorted = checked.isOrdered ? selected : inOrderOfBytes(selected);
    return { rows: sorted.map(({ row }) => row), groups: job.countGroups ? sorted.map(groupOf) : [] };
  } catch (error) {
    throw error instanceof PersonaError ? error : verdictOf(error);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function select(
  connection: DuckDBConnection,
  { statement, args, maxRows, added }: Selection,
): Promise<Selected[]> {
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
  // Two columns of one name would be one in the result, or be renamed by whoever reads them.
  const names = reader.columnNames().slice(0, reader.columnCount - added);
  if (new Set(names.map((name) => name.toLowerCase())).size !== names.length)
    throw new PersonaError("PROGRAM_INVALID", "Two columns of the result have one name.");
  return reader.getRowsJS().map((values) => ({
    row: Object.fromEntries(names.map((name, i) => [name, scalarOf(values[i])])),
    counts: values.slice(names.length).map(Number),
  }));
}

function inOrderOfBytes(selected: readonly Selected[]): Selected[] {
  const keyed = selected.map((one) => ({ one, key: Buffer.from(encode(one.row)) }));
  return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ one }) => one);
}

const groupOf = ({ counts: [rows, owners] }: Selected) => ({ rows: rows ?? 0, owners: owners ?? 0 });

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
