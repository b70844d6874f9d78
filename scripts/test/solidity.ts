// `hardhat test solidity` as a program of its own that also sends its counts, as Hardhat returns them, to scripts/test.ts.
import { parseArgs } from "node:util";
import hre from "hardhat";
import { noReason, type SkippedTest, type SuiteResult } from "./SuiteResult.ts";

const { values } = parseArgs({ options: { grep: { type: "string" } } });

const result: unknown = await hre.tasks
  .getTask(["test", "solidity"])
  .run(values.grep === undefined ? {} : { grep: values.grep });

const { success, value, error } = result as { success: boolean; value?: unknown; error?: unknown };
const { summary } = (success ? value : error) as {
  summary: { passed: number; failed: number; skipped: number };
};
// Hardhat counts the failed tests only; a suite whose setUp failed, or a run that broke, is a failure all the same.
const failed = success ? summary.failed : Math.max(1, summary.failed);
const skipped: SkippedTest[] = Array.from({ length: summary.skipped }, () => ({
  title: "a Solidity test",
  reason: noReason,
}));
process.send?.({ passed: summary.passed, failed, skipped } satisfies SuiteResult);
process.exitCode = failed > 0 ? 1 : 0;
