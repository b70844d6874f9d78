import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Basis } from "./journal.ts";
import type { Mutant } from "./Mutant.ts";
import { suiteOf } from "./nearSuites.ts";
import { type MutationPlan, nameOf, type Target } from "./readMutants.ts";
import { closureFingerprint, suiteBasis, wholeFingerprint } from "./suiteTexts.ts";
import type { Finding, WorkerProcess } from "./WorkerProcess.ts";
import type { PreparedTests } from "./workerMessages.ts";

/** Which test contracts deploy what, and what a judgement by them rests on. */
export type Reach = {
  /** The test contracts that deploy one of these. */
  readonly suitesOf: (targets: readonly Target[]) => readonly string[];
  /** By test contract, the hash of all that decides whether it passes. */
  readonly basis: Basis;
  /** The tests are compiled, and pass. An earlier run's artifacts may be of other texts by now. */
  readonly isPrepared: boolean;
};

/**
 * Asks the tests themselves, once for the same texts of contracts and tests.
 *
 * @param newWorker to ask by, where it is not known
 */
export async function openReach(plan: MutationPlan, home: string, newWorker: () => WorkerProcess): Promise<Reach> {
  const path = join(home, `reach-${wholeFingerprint(plan)}.json`);
  const isKnown = existsSync(path);
  if (!isKnown) {
    const prepared = await prepareTests(newWorker(), plan.targets.map(nameOf));
    mkdirSync(home, { recursive: true });
    writeFileSync(path, JSON.stringify(prepared));
  }
  const prepared = JSON.parse(readFileSync(path, "utf8")) as PreparedTests;
  const { suites, reach } = prepared;
  return {
    suitesOf: (targets) => {
      const names = new Set(targets.map(nameOf));
      return Object.keys(suites).filter((suite) => reach[suite]?.some((name) => names.has(name)));
    },
    basis: suiteBasis(plan, prepared),
    isPrepared: !isKnown,
  };
}

/** @throws ToolError when they do not pass */
export async function prepareTests(worker: WorkerProcess, reach: readonly string[]): Promise<PreparedTests> {
  try {
    return await worker.prepare({ reach });
  } finally {
    worker.close();
  }
}

/** The texts that a judgement rests on, as they are now. */
export function basisOf(reach: Reach, plan: MutationPlan, { path }: Mutant, { status, by }: Finding): Basis {
  const targets = plan.targetsOf(path);
  if (status === "invalid" || status === "equivalent") {
    return { contracts: closureFingerprint(plan, plan.closureOf(targets)) };
  }
  const suites = status === "killed" ? by.map(suiteOf) : reach.suitesOf(targets);
  return Object.fromEntries(
    suites.flatMap((suite) => (reach.basis[suite] === undefined ? [] : [[suite, reach.basis[suite]]])),
  );
}
