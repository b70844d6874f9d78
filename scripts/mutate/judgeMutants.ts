import { join } from "node:path";
import { Journal } from "./journal.ts";
import type { Mutant } from "./Mutant.ts";
import { NearSuites } from "./nearSuites.ts";
import { rankTests } from "./rankTests.ts";
import { basisOf, openReach, prepareTests, type Reach } from "./reach.ts";
import type { MutationPlan, Target } from "./readMutants.ts";
import { type Finding, type Judgement, WorkerProcess } from "./WorkerProcess.ts";
import type { WorkerTask } from "./workerMessages.ts";

const HOME = ".cache/mutate";
/** Mutants of one file that are compiled together: more of them, and the contract gets too large to be deployed quickly. */
const BATCH = 60;

/**
 * Runs the Solidity tests against each mutant: those that are not random against all, then the others against what is left.
 * What is known from an earlier run, and rests on contracts and tests that have not changed since, is not done again.
 */
export async function judgeMutants(plan: MutationPlan, mutants: readonly Mutant[], options: judgeMutants.Options) {
  const { root } = plan.project;
  const newWorker = () => {
    return new WorkerProcess({ root, setup: { sources: [...plan.project.sources] }, cpuLimit: options.cpuLimit });
  };
  const reach = await openReach(plan, join(root, HOME), newWorker);
  const journal = new Journal(join(root, HOME, "journal.jsonl"));
  const near = new NearSuites();
  const judged = new Map<Mutant, Judgement>();
  /** Only the random tests are left for them. */
  const passed = new Set<Mutant>();
  for (const mutant of mutants) {
    const known = options.fresh
      ? undefined
      : journal.known(mutant.id, (judgement) => basisOf(reach, plan, mutant, judgement));
    if (known === undefined) continue;
    if (isJudgement(known)) judged.set(mutant, known);
    else passed.add(mutant);
    near.add(mutant, known.by);
  }

  const batches = batchesOf(mutants.filter((mutant) => !judged.has(mutant) && !passed.has(mutant)));
  /** A worker takes a whole batch, which it compiles once. */
  const queue = batches.map((batch) => batch.map((mutant): Turn => ({ mutant, batch, isRandom: false })));
  const nextTurns = () => {
    // The random tests come when all others are through: what has passed is few by then, and compiled together.
    if (queue.length === 0) {
      for (const batch of batchesOf([...passed]))
        queue.push(batch.map((mutant) => ({ mutant, batch, isRandom: true })));
      passed.clear();
    }
    return queue.shift();
  };
  if (queue.length + passed.size > 0 && !reach.isPrepared) await prepareTests(newWorker(), []);
  const workOn = async (worker: WorkerProcess, turn: Turn) => {
    const { mutant } = turn;
    const targets = plan.targetsOf(mutant.path);
    const startedAt = performance.now();
    const task: WorkerTask = {
      id: mutant.id,
      path: mutant.path,
      targets,
      names: [...plan.closureOf(targets)],
      alone: eachAlone(plan, reach, targets),
      batch: turn.batch,
      isRandom: turn.isRandom,
      likely: near.likely(mutant),
      ...near.split(mutant, reach.suitesOf(targets)),
    };
    const verdict = targets.length === 0 ? ({ status: "equivalent", by: [] } as const) : await worker.judge(task);
    const { status } = verdict;
    if (status === "passed") {
      const judgement = { status, by: [] };
      journal.add({ id: mutant.id, judgement, basis: basisOf(reach, plan, mutant, judgement) });
      passed.add(mutant);
      return;
    }
    const judgement: Judgement = { status, by: status === "killed" ? rankTests(verdict.by, mutant) : verdict.by };
    near.add(mutant, judgement.by);
    judged.set(mutant, judgement);
    // What a worker says at its end may be another worker's doing: it is asked again in the next run.
    if (status !== "crashed") journal.add({ id: mutant.id, judgement, basis: basisOf(reach, plan, mutant, judgement) });
    options.onJudged(mutant, judgement, { ms: performance.now() - startedAt, left: queue.flat().length + passed.size });
  };
  const work = async () => {
    const worker = newWorker();
    try {
      for (let turns = nextTurns(); turns !== undefined; turns = nextTurns()) {
        for (const turn of turns) await workOn(worker, turn);
      }
    } finally {
      worker.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, Math.max(queue.length, passed.size)) }, work));
  return new Map(
    mutants.flatMap((mutant) => {
      const judgement = judged.get(mutant);
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

type Turn = { readonly mutant: Mutant; readonly batch: readonly Mutant[]; readonly isRandom: boolean };

function eachAlone(plan: MutationPlan, reach: Reach, targets: readonly Target[]): WorkerTask["alone"] {
  const each = targets.map((target) => {
    return { targets: [target], names: [...plan.closureOf([target])], suites: reach.suitesOf([target]) };
  });
  return each.sort((a, b) => a.names.length - b.names.length);
}

function isJudgement(finding: Finding): finding is Judgement {
  return finding.status !== "passed";
}

function batchesOf(mutants: readonly Mutant[]): Mutant[][] {
  return [...Map.groupBy(mutants, ({ path }) => path).values()].flatMap((inFile) =>
    Array.from({ length: Math.ceil(inFile.length / BATCH) }, (_, n) => inFile.slice(n * BATCH, (n + 1) * BATCH)),
  );
}
