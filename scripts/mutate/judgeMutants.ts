import { spawn } from "node:child_process";
import { cpSync, existsSync, globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ToolError } from "../command/ToolError.ts";
import { openJournal } from "./journal.ts";
import { applyEdit, type Mutant } from "./Mutant.ts";
import { rankTests } from "./rankTests.ts";
import { fingerprintOf, type MutationPlan } from "./readMutants.ts";
import { type Judgement, WorkerProcess } from "./WorkerProcess.ts";

/** Where hardhat.test.config.ts leaves what it compiles. */
const ARTIFACTS = "cache/test-artifacts";

/**
 * Runs the Solidity tests against each mutant. What is known from an earlier run on the same contracts and tests is not
 * done again.
 */
export async function judgeMutants(plan: MutationPlan, mutants: readonly Mutant[], options: judgeMutants.Options) {
  const { root } = plan.project;
  const tests = globSync("{test/contracts/**/*.sol,hardhat.*config.ts}", { cwd: root });
  const texts = new Map([
    ...plan.project.sources,
    ...tests.map((path) => [path, readFileSync(join(root, path), "utf8")] as const),
  ]);
  const home = join(root, ".cache/mutate");
  const journal = openJournal(join(home, `${fingerprintOf(texts)}.jsonl`));
  const open = mutants.filter(({ id }) => options.fresh || !journal.known.has(id));
  if (open.length > 0) await runTests(root);

  const queue = [...open];
  const work = async (n: number) => {
    const artifacts = join(home, `artifacts-${n}`);
    rmSync(artifacts, { recursive: true, force: true });
    cpSync(join(root, ARTIFACTS), artifacts, { recursive: true });
    const setup = { sources: [...plan.project.sources], artifacts };
    const worker = new WorkerProcess({ root, setup, cpuLimit: options.cpuLimit });
    try {
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
        const targets = plan.targetsOf(mutant.path);
        const source = Buffer.from(plan.project.sources.get(mutant.path) ?? "");
        const task = {
          path: mutant.path,
          text: applyEdit(source, mutant),
          targets,
          names: [...plan.closureOf(targets)],
        };
        const startedAt = performance.now();
        const verdict: Judgement = targets.length === 0 ? { status: "equivalent", by: [] } : await worker.judge(task);
        const judgement = verdict.status === "killed" ? { ...verdict, by: rankTests(verdict.by, mutant) } : verdict;
        journal.add(mutant.id, judgement);
        options.onJudged(mutant, judgement, { ms: performance.now() - startedAt, left: queue.length });
      }
    } finally {
      worker.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, open.length) }, (_, n) => work(n)));
  return new Map(
    mutants.flatMap((mutant) => {
      const judgement = journal.known.get(mutant.id);
      return judgement === undefined ? [] : [[mutant, judgement] as const];
    }),
  );
}

export declare namespace judgeMutants {
  type Options = {
    /** Workers side by side; each needs one core and 1 GB. */
    readonly jobs: number;
    /** Seconds of computing after which a mutant counts as one that never ends. */
    readonly cpuLimit: number;
    /** Judge again what the journal knows. */
    readonly fresh: boolean;
    readonly onJudged: (mutant: Mutant, judgement: Judgement, progress: { ms: number; left: number }) => void;
  };
}

/** Compiles the tests, and shows that they pass: a test that fails already would kill every mutant. */
async function runTests(root: string): Promise<void> {
  const program = fileURLToPath(new URL("../test/solidity.ts", import.meta.url));
  const child = spawn(process.execPath, [program], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new ToolError(`${said.trim()}\n\nThe Solidity tests must pass before mutants can be judged.`);
  if (!existsSync(join(root, ARTIFACTS))) throw new ToolError(`The tests left no artifacts in ${ARTIFACTS}.`);
}
