import { describeMutant, type Mutant } from "./Mutant.ts";
import type { Judgement } from "./WorkerProcess.ts";

/** One line of progress a mutant. */
export function printJudged(
  mutant: Mutant,
  { status, by }: Judgement,
  { ms, left }: { ms: number; left: number },
): void {
  const seconds = `${(ms / 1_000).toFixed(1)} s`.padStart(7);
  const first = by[0] === undefined ? "" : `  (${by[0]})`;
  process.stderr.write(
    `${String(left).padStart(4)} left ${seconds} ${status.padEnd(10)} ${describeMutant(mutant)}${first}\n`,
  );
}
