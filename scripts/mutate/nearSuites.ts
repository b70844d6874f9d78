import type { Mutant } from "./Mutant.ts";

const NEAR = 4;
const LIKELY = 10;

type Counts = Map<string, Map<string, number>>;

/** Which tests have noticed changes of the same function, or else file: they are likely to notice the next. */
export class NearSuites {
  readonly #counts: Counts = new Map();
  readonly #tests: Counts = new Map();

  add({ path, place }: Pick<Mutant, "path" | "place">, by: readonly string[]): void {
    for (const key of [path, place]) {
      for (const suite of new Set(by.map(suiteOf))) count(this.#counts, key, suite);
      for (const title of by) count(this.#tests, key, title);
    }
  }

  /** Single tests, before whole test contracts: one more run, of a twentieth of a second. */
  likely({ path, place }: Pick<Mutant, "path" | "place">): readonly string[] {
    const counts = this.#tests.get(place) ?? this.#tests.get(path) ?? new Map<string, number>();
    const titles = [...counts].sort(([, a], [, b]) => b - a).map(([title]) => title);
    return titles.filter((title) => !title.endsWith(".setUp()")).slice(0, LIKELY);
  }

  /** The likely ones, likeliest first, and the others. */
  split({ path, place }: Pick<Mutant, "path" | "place">, suites: readonly string[]) {
    const [ofFile, ofFunction] = [this.#counts.get(path), this.#counts.get(place)];
    const file = (path.split("/").at(-1) ?? "").replace(/\.sol$/, "");
    const rank = (suite: string) =>
      1_000 * (ofFunction?.get(suite) ?? 0) + 10 * (ofFile?.get(suite) ?? 0) + (isAbout(suite, file) ? 5 : 0);
    const sorted = suites.map((suite) => [suite, rank(suite)] as const).sort(([, a], [, b]) => b - a);
    const near = sorted.slice(0, NEAR).flatMap(([suite, points]) => (points > 0 ? [suite] : []));
    return { near, far: suites.filter((suite) => !near.includes(suite)) };
  }
}

function count(counts: Counts, key: string, value: string): void {
  const found = counts.get(key) ?? new Map<string, number>();
  counts.set(key, found.set(value, (found.get(value) ?? 0) + 1));
}

export function suiteOf(title: string): string {
  return title.split(".")[0] ?? "";
}

/** `JobClaimTest` is about `JobClaims`. */
function isAbout(suite: string, file: string): boolean {
  const [name, other] = [suite.replace(/Test$/, "").toLowerCase(), file.replace(/s$/, "").toLowerCase()];
  return name.includes(other) || other.includes(name.replace(/s$/, ""));
}
