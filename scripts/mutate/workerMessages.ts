import type { Target } from "./readMutants.ts";

/** The first message to a worker. */
export type WorkerSetup = {
  readonly sources: readonly (readonly [name: string, text: string])[];
  readonly artifacts: string;
};

/** One mutant to be judged. */
export type WorkerTask = {
  readonly path: string;
  readonly text: string;
  readonly targets: readonly Target[];
  /** The sources that the targets are compiled from. */
  readonly names: readonly string[];
};

/**
 * - `killed`: a test failed; `by` names those that did
 * - `survived`: every test passed
 * - `equivalent`: the compiler makes the same code of it
 * - `invalid`: it does not compile
 */
export type Verdict = {
  readonly status: "killed" | "survived" | "equivalent" | "invalid";
  readonly by: readonly string[];
};
