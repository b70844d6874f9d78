import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { formatJson } from "../command/formatJson.ts";
import { type Suite, testFiles } from "./suites.ts";

/** Test files of one suite that run in one process. */
export type Part = {
  readonly suite: Suite;
  /** For people: the suite's name, or `suite/folder`, or `suite/file`, or what its files share. */
  readonly name: string;
  readonly files: readonly string[];
};

/**
 * What each part takes on the reference machine, in seconds; one that is new counts as the middle of them. It only says who
 * begins first: a wrong figure costs time and no test.
 */
const SECONDS: Readonly<Record<string, number>> = {
  contracts: 215,
  "node/enclave": 148,
  "e2e/liveAccount": 142,
  sdk: 119,
  "e2e/gettingStarted": 78,
  "node/ingest": 66,
  "node/sharedScene": 60,
  "node/cli": 57,
  "node/live": 50,
  "e2e/workerSteps": 42,
  "e2e/operations": 36,
  "node/access": 36,
  "node/storage": 34,
  browser: 32,
  demo: 32,
  house: 30,
  "e2e/recovery": 30,
  "node/attestation": 27,
  "e2e/sdkLife": 24,
  "e2e/storeFaults": 24,
  "e2e/importPublish": 24,
  "e2e/guardians": 21,
  "node/compute": 15,
  "node/chain": 15,
};
const UNKNOWN_SECONDS = 20;

/** @param whole in one process, whatever the suite says: for a filter that leaves little to do */
export function partsOf(suite: Suite, root: string, { whole }: { readonly whole: boolean }): Part[] {
  const files = testFiles(suite, root);
  if (whole || suite.processes === "one") return files.length === 0 ? [] : [{ suite, name: suite.name, files }];
  const { together } = suite;
  const shares = (file: string) => together !== undefined && readFileSync(join(root, file), "utf8").includes(together);
  const groups = Map.groupBy(files, (file) => (shares(file) ? (together ?? "") : groupOf(file, suite)));
  return [...groups].map(([group, list]) => ({
    suite,
    name: group === "" ? suite.name : `${suite.name}/${group}`,
    files: list,
  }));
}

/** @param last what each took the last time, where it is known */
export function longestFirst(parts: readonly Part[], last: Readonly<Record<string, number>> = {}): Part[] {
  const seconds = ({ name }: Part) => last[name] ?? SECONDS[name] ?? UNKNOWN_SECONDS;
  return parts.toSorted((a, b) => seconds(b) - seconds(a));
}

const LAST = ".cache/test-seconds.json";

/** What each part took on this machine the last time, in seconds. A file that cannot be read is none. */
export function readLastSeconds(root: string): Record<string, number> {
  try {
    const found: unknown = JSON.parse(readFileSync(join(root, LAST), "utf8"));
    return Object.fromEntries(
      Object.entries(Object(found)).filter(([, seconds]) => typeof seconds === "number"),
    ) as Record<string, number>;
  } catch {
    return {};
  }
}

/** @param took of whole parts that ended well */
export function writeLastSeconds(root: string, took: Readonly<Record<string, number>>): void {
  const path = join(root, LAST);
  mkdirSync(dirname(path), { recursive: true });
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, formatJson({ ...readLastSeconds(root), ...took }));
  renameSync(mine, path);
}

/** The folder right below the suite's own, or the file without its ending. */
function groupOf(file: string, { name, processes }: Suite): string {
  if (processes === "files") return basename(file, ".test.ts");
  return relative(`test/${name}`, dirname(file)).split("/")[0] ?? "";
}
