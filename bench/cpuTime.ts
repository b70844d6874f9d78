import { readFile } from "node:fs/promises";

/** Milliseconds of processor time that a process has used, from /proc: on a busy machine this says more than the clock. */
export async function cpuTimeMs(pid: number): Promise<number> {
  // utime and stime, in ticks of 10 ms.
  const [user = 0, system = 0] = await timesOf(pid);
  return (user + system) * 10;
}

/** The same of the processes below it that have ended and were waited for. */
export async function endedCpuTimeMs(pid: number): Promise<number> {
  const [, , user = 0, system = 0] = await timesOf(pid);
  return (user + system) * 10;
}

async function timesOf(pid: number): Promise<readonly number[]> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The name may hold spaces and parentheses: fields are counted from behind it.
  return stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 15)
    .map(Number);
}
