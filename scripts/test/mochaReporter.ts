import Mocha from "mocha";
import { noReason, type SkippedTest, type SuiteResult } from "./SuiteResult.ts";

const { EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } = Mocha.Runner.constants;

/** Mocha's `spec` for people, and the counts over IPC for scripts/test.ts. */
class MochaReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    let passed = 0;
    const failures: { title: string; message: string }[] = [];
    const skipped: SkippedTest[] = [];
    runner.on(EVENT_TEST_PASS, () => {
      passed += 1;
    });
    // Failures of hooks arrive here too: a suite whose `before` failed has failed.
    runner.on(EVENT_TEST_FAIL, (test: Mocha.Runnable, error: unknown) => {
      failures.push({ title: test.fullTitle(), message: error instanceof Error ? error.message : String(error) });
    });
    runner.on(EVENT_TEST_PENDING, (test) => {
      const title = test.fullTitle();
      const [suffix = "", reason = noReason] = / ?\(skipped: (.+)\)/.exec(title) ?? [];
      skipped.push({ title: title.replace(suffix, ""), reason });
    });
    const result = (): SuiteResult => ({ passed, failed: failures.length, skipped, failures });
    runner.once(EVENT_RUN_END, () => process.send?.(result()));
  }
}

// Mocha loads a reporter with `require`, which takes this name for the module itself.
export { MochaReporter as "module.exports" };
