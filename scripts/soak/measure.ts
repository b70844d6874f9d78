import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { commandOf, descendantsOf, enclaveIn, openFilesOf } from "../../node/src/dev/processTree.ts";

/** What must not grow, at one moment of one node. */
export type Look = {
  readonly daemonMb: number;
  readonly enclaveMb: number;
  readonly daemonFiles: number;
  readonly enclaveFiles: number;
  readonly sandboxes: number;
  /** All files of its data directory. */
  readonly dataBytes: number;
};

export function lookAt(pid: number, dataDir: string): Look {
  const enclave = enclaveIn(pid);
  return {
    daemonMb: pssMb(pid),
    enclaveMb: pssMb(enclave),
    daemonFiles: openFilesOf(pid).length,
    enclaveFiles: openFilesOf(enclave).length,
    sandboxes: descendantsOf(enclave).filter(isSandbox).length,
    dataBytes: readdirSync(dataDir).reduce((sum, name) => sum + sizeOf(join(dataDir, name)), 0),
  };
}

/** Not what holds it: that is a program of its own, with the same words in its command line. */
const isSandbox = (pid: number): boolean => {
  const command = commandOf(pid);
  return command[0] === process.execPath && command.some((word) => word.endsWith("sandbox.cjs"));
};

function pssMb(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? Number.NaN) / 1_024;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * More than this is growth: of what is left in the last fifth over what is left in the fifth after the first. Memory is what it is after a
 * collection, the least of each: between two it grows to whatever V8 finds fit, the more the less processor time there is.
 */
const bounds = {
  daemonMb: 40,
  enclaveMb: 60,
  daemonFiles: 16,
  enclaveFiles: 16,
  /** Beside one for each job that may run: the warm one, and one that is just ending. */
  spareSandboxes: 2,
  /** A job's rows in journal and transactions, with their indexes. */
  dataBytesPerJob: 16 * 1024,
  /** Write-ahead logs are emptied at about 4 MB each. */
  dataBytes: 12 * 1024 * 1024,
} as const;

type Growth = { readonly name: string; readonly got: number; readonly bound: number };

/** @returns each figure beside its bound */
export function growthOf(
  looks: readonly Look[],
  { jobs, maxJobs }: { readonly jobs: number; readonly maxJobs: number },
) {
  const fifth = Math.max(1, Math.floor(looks.length / 5));
  const [early, late] = [looks.slice(fifth, 2 * fifth), looks.slice(-fifth)];
  const grown = (name: keyof Look, of: (values: readonly number[]) => number) =>
    Math.round((of(late.map((look) => look[name])) - of(early.map((look) => look[name]))) * 10) / 10;
  const least = (values: readonly number[]) => Math.min(...values);
  const most = (name: keyof Look) => Math.max(...looks.map((look) => look[name]));
  const [first, last] = [looks[0]?.dataBytes ?? 0, looks.at(-1)?.dataBytes ?? 0];
  const figures: Growth[] = [
    { name: "daemonMb", got: grown("daemonMb", least), bound: bounds.daemonMb },
    { name: "enclaveMb", got: grown("enclaveMb", least), bound: bounds.enclaveMb },
    { name: "daemonFiles", got: grown("daemonFiles", median), bound: bounds.daemonFiles },
    { name: "enclaveFiles", got: grown("enclaveFiles", median), bound: bounds.enclaveFiles },
    { name: "sandboxes", got: most("sandboxes"), bound: maxJobs + bounds.spareSandboxes },
    { name: "dataBytes", got: last - first, bound: bounds.dataBytes + jobs * bounds.dataBytesPerJob },
  ];
  return figures;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
