import { readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100; // what Linux says in /proc, on every machine

/** How long a process has computed, on all cores. A busy machine makes a mutant wait, but not compute, longer. */
export function cpuSeconds(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return undefined; // it has ended
  }
}
