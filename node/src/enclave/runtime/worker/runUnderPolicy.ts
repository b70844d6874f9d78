import type { Program, ProgramArgs } from "@persona-protocol/sdk/compute";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { SandboxAnswer, SandboxJob } from "../sandbox/sandboxWire.ts";
import {
  applyOutputPolicy,
  groupsWanted,
  type OutputPolicy,
  outputBytesOf,
  type ReleasedResult,
} from "./outputPolicy.ts";
import type { SandboxPool, SandboxWork } from "./sandboxPool.ts";

/** `owner` is a pseudonym within the job. */
export type ProgramTable = { readonly table: string; readonly owner: string; readonly parquet: Uint8Array };

export type ProgramWork = {
  readonly program: Program;
  readonly code: Uint8Array | undefined;
  readonly args: ProgramArgs;
  readonly tables: readonly ProgramTable[];
};

export type ProgramRun = ReleasedResult & Pick<SandboxAnswer, "peakKiB" | "fuelUsed">;

/**
 * Runs a program in a sandbox and lets out what the policy allows.
 * @param work.code of a program of version 2
 * @throws PersonaError PROGRAM_INVALID, PROGRAM_FAILED, LIMIT_EXCEEDED, OUTPUT_POLICY_VIOLATED, OUTPUT_TOO_LARGE, which prove something about
 * the program, or TIME_LIMIT_EXCEEDED and ENCLAVE_FAILED, which a host could have brought about.
 */
export async function runUnderPolicy(
  sandboxes: Pick<SandboxPool, "run">,
  work: ProgramWork,
  policy: OutputPolicy,
  timeLimitMs: number = work.program.limits.timeMs,
): Promise<ProgramRun> {
  const { program } = work;
  const answer = await sandboxes.run(sandboxWork(work, policy), timeLimitMs);
  // A new error with a code and nothing else: whoever has broken out of an engine writes what the sandbox says.
  if (answer.verdict !== "DONE") throw new PersonaError(answer.verdict, "The program failed.");
  const { peakKiB, fuelUsed } = answer;
  return { ...applyOutputPolicy(program, policy, answer), peakKiB, fuelUsed };
}

/** What the sandbox of such a run gets. @throws PersonaError PROGRAM_INVALID when the code is missing */
export function sandboxWork(work: ProgramWork, policy: OutputPolicy): SandboxWork {
  return { job: jobOf(work, policy), tables: work.tables.map(({ parquet }) => parquet) };
}

function jobOf({ program, code, args, tables }: ProgramWork, policy: OutputPolicy): SandboxJob {
  const common = {
    args,
    tables: tables.map(({ table, owner, parquet }) => ({ table, owner, bytes: parquet.length })),
    memoryMb: program.limits.memoryMb,
    outputBytes: outputBytesOf(program),
    countGroups: groupsWanted(program, policy) !== undefined,
  };
  if (program.v === 1) {
    const statement = new TextEncoder().encode(program.statement);
    return { ...common, kind: "sql", code: statement, reads: [], maxRows: program.result.maxRows, fuel: 0 };
  }
  if (code === undefined) throw new PersonaError("PROGRAM_INVALID", "The program's code is missing.");
  return {
    ...common,
    kind: program.kind,
    code,
    reads: program.tables.map(({ table, columns = [] }) => ({ table, columns })),
    maxRows: "maxItems" in program.result ? program.result.maxItems : 1,
    fuel: program.limits.fuel ?? 0,
  };
}
