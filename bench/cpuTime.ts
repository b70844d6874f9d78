import { readFile } from "node:fs/promises";

/** Milliseconds of processor time that a process has used, from /proc: on a busy machine this says more than the clock. */
export async function cpuTimeMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The name may hold spaces and parentheses: fields are counted from behind it. utime and stime, in ticks of 10 ms.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
