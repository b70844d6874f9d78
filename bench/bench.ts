import type { ParseArgsConfig } from "node:util";

/** What a file in bench/ exports: `run` measures, and returns what it has measured, with units in the names (`p50Ms`). */
export type Bench = {
  /** Options beside `--json`, as `parseArgs` wants them. */
  readonly options?: NonNullable<ParseArgsConfig["options"]>;
  run(context: BenchContext): Promise<object> | object;
};

export type BenchContext = {
  readonly log: (line: string) => void;
  /** Values of the bench's own options. */
  readonly values: Readonly<Record<string, unknown>>;
};

export function isBench(module: unknown): module is Bench {
  return typeof module === "object" && module !== null && "run" in module && typeof module.run === "function";
}

export class BenchUnknownError extends Error {
  readonly code = "BENCH_UNKNOWN";
  readonly known: readonly string[];

  constructor(name: string | undefined, known: readonly string[]) {
    const what = name === undefined ? "Name a bench." : `There is no bench ${JSON.stringify(name)}.`;
    const list = known.length > 0 ? `There are: ${known.join(", ")}.` : "There are none yet.";
    super(`${what} ${list}\nusage: npm run -s bench -- NAME [--json]`);
    this.name = "BenchUnknownError";
    this.known = known;
  }
}
