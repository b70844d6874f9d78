import { encode } from "@ipld/dag-cbor";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { parseJsonResult } from "./jsonResult.ts";
import { rawNumber } from "./platform.ts";
import { quickJs } from "./quickJs.ts";
import { recordBatches } from "./recordBatches.ts";
import { runJs } from "./runJs.ts";
import { runSql } from "./runSql.ts";
import { type GuestOutput, runWasm } from "./runWasm.ts";
import { type SandboxAnswer, type SandboxJob, verdicts } from "./sandboxWire.ts";
import { lockEngine, type SqlEngine, type SqlTable } from "./sqlEngine.ts";

/** For the engine that reads the records of a module or script. */
const readerMemoryMb = 256;

/** Runs a job's program over its tables. Whatever goes wrong becomes a verdict, without a word of the program's. */
export async function runProgram(
  engine: SqlEngine,
  job: SandboxJob,
  tables: readonly SqlTable[],
): Promise<SandboxAnswer> {
  const peakKiB = () => process.resourceUsage().maxRSS;
  try {
    const { value, fuelUsed, groups } = await outcomeOf(engine, job, tables);
    const result = encodeValue(value);
    if (result.length > job.outputBytes)
      throw new PersonaError("OUTPUT_TOO_LARGE", "The result is larger than the program's limit.");
    return { verdict: "DONE", peakKiB: peakKiB(), fuelUsed, groups, result };
  } catch (error) {
    const verdict =
      verdicts.find((name) => name !== "DONE" && isPersonaError(error, name)) ??
      (error instanceof RangeError ? "LIMIT_EXCEEDED" : "ENCLAVE_FAILED");
    return { verdict, peakKiB: peakKiB(), fuelUsed: 0, groups: [], result: new Uint8Array() };
  }
}

type Outcome = Pick<SandboxAnswer, "fuelUsed" | "groups"> & { readonly value: unknown };

async function outcomeOf(engine: SqlEngine, job: SandboxJob, tables: readonly SqlTable[]): Promise<Outcome> {
  if (job.kind === "sql") {
    const statement = new TextDecoder().decode(job.code);
    const { rows, groups } = await runSql(engine, { ...job, statement, tables });
    return { value: rows, groups, fuelUsed: 0 };
  }
  await lockEngine(engine, tables, readerMemoryMb);
  const read = job.reads.map(({ table, columns }) => ({
    table,
    columns,
    batches: recordBatches(
      engine.connection,
      tables.filter((each) => each.table === table),
      columns,
    ),
  }));
  const args = JSON.stringify(job.args, (_key, value: unknown) =>
    typeof value === "bigint" ? (job.kind === "wasm" ? rawNumber(String(value)) : String(value)) : value,
  );
  const output: GuestOutput =
    job.kind === "wasm"
      ? await runWasm(job.code, { args, tables: read.map(({ batches }) => batches) }, job)
      : await runJs(await quickJs(), new TextDecoder().decode(job.code), { args, tables: read }, job);
  return { value: parseJsonResult(output.json), fuelUsed: output.fuelUsed, groups: [] };
}

function encodeValue(value: unknown): Uint8Array {
  try {
    return encode(plain(value));
  } catch {
    throw new PersonaError("OUTPUT_POLICY_VIOLATED", "The result is not made of JSON values.");
  }
}

/** One integer type, and zero without a sign: the encoding that the policy demands. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value === 0 ? 0 : value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}
