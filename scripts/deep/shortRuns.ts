/** The part of what Hardhat's task returns that is read here. */
export type SolidityRun = {
  readonly suiteResults: readonly {
    readonly id: { readonly name: string };
    readonly testResults: readonly {
      readonly name: string;
      readonly durationNs: bigint;
      readonly kind: { readonly runs?: bigint; readonly calls?: bigint };
    }[];
  }[];
};

export type RandomTest = {
  readonly title: string;
  readonly runs: number;
  /** Of an invariant, in all its runs. */
  readonly calls: number | undefined;
  readonly seconds: number;
};

/** Every fuzz and invariant test that ran, the longest first. */
export function randomTests(run: SolidityRun): RandomTest[] {
  return run.suiteResults
    .flatMap(({ id, testResults }) =>
      testResults.flatMap(({ name, kind, durationNs }) => {
        if (kind.runs === undefined) return [];
        const calls = kind.calls === undefined ? undefined : Number(kind.calls);
        return [{ title: `${id.name}.${name}`, runs: Number(kind.runs), calls, seconds: Number(durationNs) / 1e9 }];
      }),
    )
    .sort((a, b) => b.seconds - a.seconds);
}

/**
 * A directive in a test file, or a profile that was not found, can make a deep run a shallow one that passes. So what was
 * asked for is compared with what was done.
 */
export function shortRuns(
  tests: readonly RandomTest[],
  wanted: { fuzz: number; runs: number; depth: number },
): string[] {
  return tests.flatMap(({ title, runs, calls }) => {
    if (calls === undefined) return runs < wanted.fuzz ? [`${title}: ${runs} of ${wanted.fuzz} runs`] : [];
    const asked = `${wanted.runs} runs of ${wanted.depth} calls`;
    const enough = runs >= wanted.runs && calls >= wanted.runs * wanted.depth;
    return enough ? [] : [`${title}: ${runs} runs, ${calls} calls in all, not ${asked}`];
  });
}
