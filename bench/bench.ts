/** What a file in bench/ exports: `run` measures, and returns what it has measured, with units in the names (`p50Ms`). */
export type Bench = { run(context: { readonly log: (line: string) => void }): Promise<object> | object };

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
