/** One test that did not run, with the reason that was given for it. */
export type SkippedTest = { readonly title: string; readonly reason: string };

/** One test that failed, with the first line of why. */
type FailedTest = { readonly title: string; readonly message: string };

/** What a runner sends to scripts/test.ts over IPC when its tests have ended. */
export type SuiteResult = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly SkippedTest[];
  /** Those of the failed that have a name: a log that is cut off still ends with them. */
  readonly failures?: readonly FailedTest[];
};

export const noReason = "no reason given: say it in the title, `it.skip('… (skipped: why)')`";

export function isSuiteResult(value: unknown): value is SuiteResult {
  if (typeof value !== "object" || value === null) return false;
  const { passed, failed, skipped, failures } = value as Partial<Record<keyof SuiteResult, unknown>>;
  const listed = failures === undefined || Array.isArray(failures);
  return Number.isInteger(passed) && Number.isInteger(failed) && Array.isArray(skipped) && listed;
}
