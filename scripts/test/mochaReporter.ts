import Mocha from "mocha";
import { noReason, type SkippedTest, type SuiteResult } from "./SuiteResult.ts";

const { EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } = Mocha.Runner.constants;

/** Mocha's `spec` for people, and the counts over IPC for scripts/test.ts. */
class MochaReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    let passed = 0;
    // Failures of hooks arrive here too: a suite whose `before` failed has failed.
    let failed = 0;
    const skipped: SkippedTest[] = [];
    runner.on(EVENT_TEST_PASS, () => {
      passed += 1;
    });
    runner.on(EVENT_TEST_FAIL, () => {
      failed += 1;
    });
    runner.on(EVENT_TEST_PENDING, (test) => {
      const title = test.fullTitle();
      const [suffix = "", reason = noReason] = / ?\(skipped: (.+)\)/.exec(title) ?? [];
      skipped.push({ title: title.replace(suffix, ""), reason });
    });
    runner.once(EVENT_RUN_END, () => process.send?.({ passed, failed, skipped } satisfies SuiteResult));
  }
}

// Mocha loads a reporter with `require`, which takes this name for the module itself.
export { MochaReporter as "module.exports" };
