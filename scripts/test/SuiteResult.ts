/** One test that did not run, with the reason that was given for it. */
export type SkippedTest = { readonly title: string; readonly reason: string };

/** What a runner sends to scripts/test.ts over IPC when its tests have ended. */
export type SuiteResult = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly SkippedTest[];
};

export const noReason = "no reason given: say it in the title, `it.skip('… (skipped: why)')`";

export function isSuiteResult(value: unknown): value is SuiteResult {
  if (typeof value !== "object" || value === null) return false;
  const { passed, failed, skipped } = value as Partial<Record<keyof SuiteResult, unknown>>;
  return Number.isInteger(passed) && Number.isInteger(failed) && Array.isArray(skipped);
}
