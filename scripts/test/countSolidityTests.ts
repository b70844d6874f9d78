import { noReason, type SkippedTest, type SuiteResult } from "./SuiteResult.ts";

/** The part of what Hardhat's task returns that is read here. Its `summary` is zero when the task is run by itself. */
type SolidityRun = {
  readonly suiteResults: readonly {
    readonly id: { readonly name: string };
    readonly testResults: readonly {
      readonly name: string;
      readonly status: "Success" | "Failure" | "Skipped";
      readonly reason?: string | undefined;
    }[];
  }[];
};

/** Counts test by test; a run that did not succeed has failed at least once, whatever its tests say. */
export function countSolidityTests(run: SolidityRun, success: boolean): SuiteResult {
  const tests = run.suiteResults.flatMap(({ id, testResults }) =>
    testResults.map(({ name, status, reason }) => ({ title: `${id.name}.${name}`, status, reason })),
  );
  const count = (wanted: string) => tests.filter(({ status }) => status === wanted).length;
  const skipped: SkippedTest[] = tests
    .filter(({ status }) => status === "Skipped")
    .map(({ title, reason }) => ({ title, reason: reason ?? noReason }));
  const failures = tests
    .filter(({ status }) => status === "Failure")
    .map(({ title, reason }) => ({ title, message: reason ?? "" }));
  const failed = success ? failures.length : Math.max(1, failures.length);
  return { passed: count("Success"), failed, skipped, failures };
}
