import { readFileSync } from "node:fs";
import type { JobOffer } from "@persona-protocol/sdk/contracts";
import type { NodeConfig } from "../config/nodeConfig.ts";

/** What a node takes on: no job that it does not expect to end in time, and none while memory is short. */
export type Capacity = {
  /** Why a job with this offer is declined; undefined when it is not. */
  declines(offer: Pick<JobOffer, "runSeconds">): string | undefined;
  hasMemory(): boolean;
  /** Told how long a run took, in milliseconds. */
  took(ms: number): void;
  /** What a run takes, in all likelihood: the slowest of twenty; undefined until some have ended. */
  expectedMs(): number | undefined;
};

/** Runs that are remembered: what jobs were like yesterday says little. */
const remembered = 128;
const enough = 8;
/** Nobody knows what a job will read before it is claimed. */
const caution = 2;
const memoryLookMs = 250;

export function createCapacity(
  limits: Pick<NodeConfig, "claimMarginSeconds" | "minFreeMemoryMb">,
  freeMemoryMb: () => number = availableMemoryMb,
): Capacity {
  const runs: number[] = [];
  let looked = { at: Number.NEGATIVE_INFINITY, free: 0 };
  const expectedMs = () => {
    if (runs.length < enough) return undefined;
    const sorted = runs.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length * 0.95)];
  };
  return {
    expectedMs,
    declines({ runSeconds }) {
      if (runSeconds < limits.claimMarginSeconds) return "RUN_TIME_TOO_SHORT";
      const expected = expectedMs();
      return expected !== undefined && runSeconds * 1_000 < expected * caution ? "WOULD_END_TOO_LATE" : undefined;
    },
    hasMemory() {
      const now = performance.now();
      if (now - looked.at > memoryLookMs) looked = { at: now, free: freeMemoryMb() };
      return looked.free >= limits.minFreeMemoryMb;
    },
    took(ms) {
      runs.push(ms);
      if (runs.length > remembered) runs.shift();
    },
  };
}

/** What programs can still have without swapping: of the machine, and of the control group that this process is in. */
export function availableMemoryMb(): number {
  const machine = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(textOf("/proc/meminfo"))?.[1] ?? Number.NaN) / 1_024;
  const limit = Number(textOf("/sys/fs/cgroup/memory.max").trim() || Number.NaN);
  const used = Number(textOf("/sys/fs/cgroup/memory.current").trim() || Number.NaN);
  const group = (limit - used) / 1_048_576;
  // Where a system says neither, nothing is known to be short.
  return Math.min(
    Number.isFinite(machine) ? machine : Number.POSITIVE_INFINITY,
    Number.isFinite(group) ? group : Number.POSITIVE_INFINITY,
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
