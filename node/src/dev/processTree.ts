import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Between two looks at /proc: one that looks all the time takes a core from the process it waits for. */
export const LOOK_MS = 5;

/** Ids of all processes below `pid` (Linux), nearest first. */
export function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== undefined) parents.set(parent, [...(parents.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  const visit = (id: number): void => {
    for (const child of parents.get(id) ?? []) {
      found.push(child);
      visit(child);
    }
  };
  visit(pid);
  return found;
}

export function commandOf(pid: number): string[] {
  return read(`/proc/${pid}/cmdline`).split("\0").slice(0, -1);
}

/** The enclave itself: what was started may be a process that holds it. */
export function enclaveIn(pid: number): number {
  const found = [pid, ...descendantsOf(pid)].find((one) =>
    commandOf(one).some(
      (part, i, all) => all[0] !== "/usr/bin/perl" && /\/(worker|guardian)\.mjs$/.test(part) && i > 0,
    ),
  );
  if (found === undefined) throw new Error(`there is no enclave below ${pid}`);
  return found;
}

/** Where the open files of a process point to. */
export function openFilesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    return []; // It has ended meanwhile.
  }
}

/** Resolves when none of the processes exists; the test's own time limit is the only one. */
export async function allGone(pids: readonly number[]): Promise<void> {
  while (pids.some((pid) => parentOf(pid) !== undefined)) await sleep(LOOK_MS);
}

/** Undefined for a process that is not there, or is dead and only waits to be reaped. */
function parentOf(pid: number): number | undefined {
  // pid (name) state parent …: the name may hold anything.
  const [, state, parent] = /^.*\) (\w) (\d+) /s.exec(read(`/proc/${pid}/stat`)) ?? [];
  return state === undefined || state === "Z" ? undefined : Number(parent);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
