import type { ProgramArgs } from "@persona-protocol/sdk";
import { createChainView } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Provenance, provenanceLevels } from "@persona-protocol/sdk/storage";
import { openPersona, type PersonaFlags, readGrantFile } from "../openPersona.ts";
import { parseAmount, parseHex32, parseWhole } from "../parse.ts";
import { readProgram } from "../program/programFile.ts";
import { show } from "../show.ts";
import { untilStopped } from "../untilStopped.ts";

type Flags = PersonaFlags & {
  readonly grant: readonly string[];
  readonly program: string;
  readonly args: string;
  readonly maxFee: string;
  readonly wait: string;
  readonly minProvenance?: string;
};

/** `persona job run`: posts a job, waits, verifies the receipt, opens the result and prints it. */
export async function jobRun(flags: Flags): Promise<void> {
  const seconds = parseWhole(flags.wait, "--wait", 1, 604_800);
  const built = await readProgram(flags.program);
  const args = parseArgs(flags.args);
  const grants = await Promise.all(flags.grant.map(readGrantFile));
  const persona = await openPersona(flags);
  const job = await persona.submitJob({
    program: built.manifest,
    code: built.code,
    grants,
    args,
    minimumProvenance: grants.map(() => levelOf(flags.minProvenance)),
    maxFee: parseAmount(flags.maxFee, "--max-fee"),
  });
  const { jobId } = job;
  if (!flags.json) process.stderr.write(`job ${jobId} posted, in transaction ${job.hash}\n`);
  const signal = AbortSignal.any([untilStopped(), AbortSignal.timeout(seconds * 1_000)]);
  const { result, receipt } = await job.result({ signal }).catch((error: unknown) => {
    throw withJob(error, jobId);
  });
  const plain = JSON.stringify(result, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value), 2);
  show(flags.json, { jobId, result, receipt }, [plain, `job ${jobId}, receipt verified`]);
}

function levelOf(text = "none"): Provenance {
  const level = provenanceLevels.find((one) => one === text);
  if (level !== undefined) return level;
  throw new PersonaError("USAGE", `--min-provenance takes ${provenanceLevels.join(", ")}.`, { data: { got: text } });
}

/** The key of the result lives with the command: who gives up must know what is lost. */
function withJob(error: unknown, jobId: string): unknown {
  if (!(error instanceof PersonaError) || error.code !== "CANCELLED") return error;
  const text = "Waiting was given up. The job goes on, but its result was sealed for this command alone.";
  return new PersonaError("CANCELLED", text, { data: { jobId }, cause: error });
}

function parseArgs(text: string): ProgramArgs {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as ProgramArgs;
  } catch {
    // Said below, as for whatever else is no object.
  }
  throw new PersonaError("USAGE", "--args takes a JSON object, such as '{\"threshold\": 100}'.");
}

/** `persona job status ID`: where a job stands. */
export async function jobStatus(id: string, flags: PersonaFlags): Promise<void> {
  const jobId = parseHex32(id, "A job's id");
  const { client, deployment } = await openPersona(flags);
  const chain = createChainView(client, deployment);
  const { number } = await chain.block("latest");
  const { status, attempt, signer, dueBy } = await chain.job(jobId, number);
  if (status === "none") throw new PersonaError("JOB_UNKNOWN", "The market has no such job.", { data: { jobId } });
  show(flags.json, { jobId, status, attempt, signer, dueBy }, [
    `job ${jobId}: ${status}, attempt ${attempt}`,
    ...(status === "claimed" ? [`claimed by key ${signer}, due by ${new Date(dueBy * 1_000).toISOString()}`] : []),
  ]);
}
