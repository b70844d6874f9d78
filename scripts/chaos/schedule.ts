/** What happens in a run, as a function of its seed alone: when a job is posted, what breaks, for how long. */
import { createRandom, type Random } from "../exports/random.ts";

export type Daemon = "worker-1" | "worker-2" | "guardian-1" | "guardian-2" | "guardian-3";
export const daemonNames: readonly Daemon[] = ["worker-1", "worker-2", "guardian-1", "guardian-2", "guardian-3"];

export type ChainFault = "drop" | "lag" | "behind" | "errors" | "rate";
export type StoreFault = "slow" | "wrong" | "errors";
export const jobKinds = ["sql", "js", "wasm", "fails"] as const;
export type JobKind = (typeof jobKinds)[number];

/** `share` of requests are hit; `forMs` from its beginning on. */
export type Fault =
  | { readonly what: "kill"; readonly target: Daemon; readonly part: "daemon" | "enclave" | "sandbox" }
  | { readonly what: "down"; readonly target: Daemon; readonly forMs: number }
  | {
      readonly what: "chain";
      readonly target: Daemon;
      readonly how: ChainFault;
      readonly share: number;
      readonly forMs: number;
    }
  | { readonly what: "store"; readonly how: StoreFault; readonly share: number; readonly forMs: number }
  | { readonly what: "disk"; readonly target: Daemon; readonly forMs: number }
  /** `returns`: what the lost blocks held waits to be mined again, as on a real chain; else it is gone. */
  | { readonly what: "reorg"; readonly depth: number; readonly returns: boolean };

export type Phase = {
  /** Blocks behind the newest that the first and the second worker believe. */
  readonly confirmations: readonly [number, number];
  readonly lengthMs: number;
  readonly jobs: readonly { readonly atMs: number; readonly kind: JobKind }[];
  readonly faults: readonly (Fault & { readonly atMs: number })[];
};

export type Schedule = { readonly seed: number; readonly phases: readonly Phase[] };

export const maxReorgDepth = 8;
/** Data directories that lie on a small disk of their own. */
export const onSmallDisk: readonly Daemon[] = ["worker-1", "guardian-1"];

/** @param short one phase, in which each worker has confirmations of its own */
export function makeSchedule(
  seed: number,
  { jobs, phaseMs, short = false }: { readonly jobs: number; readonly phaseMs: number; readonly short?: boolean },
): Schedule {
  const random = createRandom(seed);
  const deep = maxReorgDepth + 2;
  if (short) return { seed, phases: [makePhase(random, { confirmations: [0, deep], jobs, lengthMs: phaseMs })] };
  const first = Math.ceil(jobs / 2);
  return {
    seed,
    phases: [
      makePhase(random, { confirmations: [0, 0], jobs: first, lengthMs: phaseMs }),
      makePhase(random, { confirmations: [deep, deep], jobs: jobs - first, lengthMs: phaseMs }),
    ],
  };
}

function makePhase(
  random: Random,
  {
    confirmations,
    jobs,
    lengthMs,
  }: { readonly confirmations: Phase["confirmations"]; readonly jobs: number; readonly lengthMs: number },
): Phase {
  const at = () => random.integer(lengthMs);
  const between = (least: number, most: number) => least + random.integer(most - least);
  /** Of each so many a minute, and one at least. */
  const many = <T>(perMinute: number, make: (index: number) => T): (T & { readonly atMs: number })[] =>
    Array.from({ length: Math.max(1, Math.round((perMinute * lengthMs) / 60_000)) }, (_, index) => ({
      ...make(index),
      atMs: at(),
    }));
  const worker = () => random.pick(["worker-1", "worker-2"] as const);
  const guardian = () => random.pick(["guardian-1", "guardian-2", "guardian-3"] as const);
  const chainFaults = ["drop", "lag", "behind", "errors", "rate"] as const;
  const storeFaults = ["slow", "wrong", "errors"] as const;
  const faults: (Fault & { readonly atMs: number })[] = [
    ...many(2, () => ({ what: "kill", target: worker(), part: "daemon" }) as const),
    ...many(1, () => ({ what: "kill", target: worker(), part: "enclave" }) as const),
    ...many(3, () => ({ what: "kill", target: worker(), part: "sandbox" }) as const),
    ...many(
      1,
      () => ({ what: "kill", target: guardian(), part: random.pick(["daemon", "enclave"] as const) }) as const,
    ),
    ...many(1, () => ({ what: "down", target: guardian(), forMs: between(8_000, 15_000) }) as const),
    ...many(7, (index) => ({
      what: "chain" as const,
      target: random.pick(daemonNames),
      how: chainFaults[index % chainFaults.length] ?? "drop",
      share: random.pick([0.2, 0.5, 1]),
      forMs: between(2_000, 6_000),
    })),
    ...many(4, (index) => ({
      what: "store" as const,
      how: storeFaults[index % storeFaults.length] ?? "slow",
      share: random.pick([0.2, 0.5]),
      forMs: between(3_000, 6_000),
    })),
    ...many(1, () => ({ what: "disk" as const, target: random.pick(onSmallDisk), forMs: between(5_000, 10_000) })),
    ...many(8, (index) => ({
      what: "reorg" as const,
      depth: index === 0 ? maxReorgDepth : 1 + random.integer(maxReorgDepth),
      returns: random.chance(0.5),
    })),
  ];
  return {
    confirmations,
    lengthMs,
    jobs: Array.from({ length: jobs }, (_, index) => ({
      // Evenly, and all before the end: the last faults meet jobs, too.
      atMs: Math.floor(((index + random.next()) * lengthMs * 0.9) / jobs),
      kind: kindOf(random.next()),
    })),
    faults: faults.toSorted((a, b) => a.atMs - b.atMs),
  };
}

const kindOf = (share: number): JobKind =>
  share < 0.76 ? "sql" : share < 0.84 ? "js" : share < 0.92 ? "wasm" : "fails";

/** One line for each fault, as it is printed. */
export function* printSchedule({ seed, phases }: Schedule): Generator<string> {
  yield `seed ${seed}`;
  for (const [index, { confirmations, lengthMs, jobs, faults }] of phases.entries()) {
    const kinds = jobKinds.map((kind) => `${jobs.filter((job) => job.kind === kind).length} ${kind}`).join(", ");
    yield `phase ${index + 1}: ${lengthMs / 1_000} s, ${confirmations.join(" and ")} confirmations, ${jobs.length} jobs (${kinds})`;
    for (const { atMs, what, ...how } of faults)
      yield `  ${(atMs / 1_000).toFixed(1).padStart(7)} s  ${what} ${Object.entries(how)
        .map(([name, value]) => `${name}=${value}`)
        .join(" ")}`;
  }
}
