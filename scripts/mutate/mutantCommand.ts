import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand, wholeNumber } from "../command/runCommand.ts";
import { ToolError } from "../command/ToolError.ts";
import { ACCEPTED, type AcceptedMutant, readAccepted } from "./acceptedMutants.ts";
import { chooseMutants } from "./chooseMutants.ts";
import type { Operator } from "./findEdits.ts";
import { judgeMutants } from "./judgeMutants.ts";
import { describeMutant, type Mutant } from "./Mutant.ts";
import { printJudged } from "./printJudged.ts";
import { readMutants } from "./readMutants.ts";
import type { Judgement } from "./WorkerProcess.ts";

const options = {
  contract: { type: "string" },
  sample: { type: "string" },
  seed: { type: "string", default: "1" },
  list: { type: "boolean", default: false },
  jobs: { type: "string", default: "2" },
  timeout: { type: "string", default: "120" },
  fresh: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
} as const;

/** What a run found out, as a document, and each thing that a person must do something about. */
export type MutantFindings = { readonly document: string; readonly problems: readonly string[] };

/** The command line that `npm run mutate` and `npm run branches` share: they differ in operators and in their report. */
export async function mutantCommand(command: mutantCommand.Command): Promise<void> {
  const root = process.env["PERSONA_TOOLS_ROOT"] ?? fileURLToPath(new URL("../..", import.meta.url));
  await runCommand({ usage: command.usage, options }, async (values) => {
    const sample = values.sample === undefined ? undefined : wholeNumber("sample", values.sample, 1);
    const seed = wholeNumber("seed", values.seed);
    if (values.write && (sample !== undefined || values.contract !== undefined)) {
      throw new ToolError("--write needs all of them: neither --contract nor --sample.", 2);
    }
    const plan = readMutants(root, command.operators);
    const chosen = chooseMutants(plan.mutants, { contract: values.contract, sample, seed });
    if (values.list) {
      for (const mutant of chosen) process.stdout.write(`${mutant.id} ${mutant.place} ${describeMutant(mutant)}\n`);
      return 0;
    }
    const accepted = readAccepted(join(root, ACCEPTED));
    const judged = await judgeMutants(plan, chosen, {
      jobs: wholeNumber("jobs", values.jobs, 1),
      cpuLimit: wholeNumber("timeout", values.timeout, 1),
      fresh: values.fresh,
      onJudged: printJudged,
    });
    const { document, problems } = command.report(judged, accepted, root);
    process.stdout.write(`\n${document}`);
    if (values.write) writeFileSync(join(root, command.output), command.header + document);
    if (problems.length === 0) return 0;
    process.stderr.write(`\n${problems.join("\n")}\n\n${command.advice}\n`);
    return 1;
  });
}

export declare namespace mutantCommand {
  type Command = {
    readonly usage: string;
    readonly operators: readonly Operator[];
    /** What --write writes, and what stands above the findings in it. */
    readonly output: string;
    readonly header: string;
    readonly report: (
      judged: ReadonlyMap<Mutant, Judgement>,
      accepted: readonly AcceptedMutant[],
      root: string,
    ) => MutantFindings;
    /** Printed below problems. */
    readonly advice: string;
  };
}
