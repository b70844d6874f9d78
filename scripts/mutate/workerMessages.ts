import type { Mutant } from "./Mutant.ts";
import type { Target } from "./readMutants.ts";

/** The first message to a worker. */
export type WorkerSetup = { readonly sources: readonly (readonly [name: string, text: string])[] };

/** What is compiled, and the names of the sources that it is compiled from. */
export type TargetSource = { readonly targets: readonly Target[]; readonly names: readonly string[] };

/** What a mutant is made from. */
export type MutantSource = TargetSource & {
  readonly path: string;
  /** Each target by itself with the test contracts that deploy it, the one of the fewest sources first. */
  readonly alone: readonly (TargetSource & { readonly suites: readonly string[] })[];
  /** Of this file, compiled at once, in this order; the one that is judged is among them. */
  readonly batch: readonly Mutant[];
};

/** One mutant to be judged. */
export type WorkerTask = MutantSource & {
  readonly id: string;
  /** Tests, as `ATest.test_a()`, that are likely to notice it. */
  readonly likely: readonly string[];
  /** Test contracts that notice a change of the targets, those first that are likely to notice this one. */
  readonly near: readonly string[];
  readonly far: readonly string[];
  /** Asked with `true` when the tests that are not random have passed. */
  readonly isRandom: boolean;
};

/**
 * - `killed`: a test failed; `by` names those that did
 * - `passed`: every test that is not random passed
 * - `survived`: every test passed
 * - `equivalent`: the compiler makes the same code of it
 * - `invalid`: it does not compile
 */
export type Verdict = {
  readonly status: "killed" | "passed" | "survived" | "equivalent" | "invalid";
  readonly by: readonly string[];
};

/** Compile the tests; where `reach` names contracts, run them, and say which test contracts deploy which of these. */
export type PrepareTask = { readonly reach: readonly string[] };
export type PreparedTests = {
  /** Tests that fail on the contracts as they are. */
  readonly failed: readonly string[];
  /** Where each test contract is, by name. */
  readonly suites: Readonly<Record<string, string>>;
  /** By test contract, those that it deploys. */
  readonly reach: Readonly<Record<string, readonly string[]>>;
};
