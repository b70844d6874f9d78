import type { Mutant } from "./Mutant.ts";

const NEAR = 4;

/** Which test contracts have noticed changes of the same function, or else file: they are likely to notice the next. */
export class NearSuites {
  readonly #counts = new Map<string, Map<string, number>>();

  add({ path, place }: Pick<Mutant, "path" | "place">, by: readonly string[]): void {
    for (const suite of new Set(by.map(suiteOf))) {
      for (const key of [path, place]) {
        const counts = this.#counts.get(key) ?? new Map<string, number>();
        this.#counts.set(key, counts.set(suite, (counts.get(suite) ?? 0) + 1));
      }
    }
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

export function suiteOf(title: string): string {
  return title.split(".")[0] ?? "";
}

/** `JobClaimTest` is about `JobClaims`. */
function isAbout(suite: string, file: string): boolean {
  const [name, other] = [suite.replace(/Test$/, "").toLowerCase(), file.replace(/s$/, "").toLowerCase()];
  return name.includes(other) || other.includes(name.replace(/s$/, ""));
}
