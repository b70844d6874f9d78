// npm test [-- --only contracts|sdk|node|house|browser|e2e|demo|deploy] [--grep PATTERN]
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { orderedOutput } from "./test/orderedOutput.ts";
import { runSuite, type SuiteOutcome } from "./test/runSuite.ts";
import { runnerArguments, type Suite, suites, testFiles } from "./test/suites.ts";

const AT_ONCE = 2; // the reference machine has two cores

// The tests of this command point it at trees of their own.
const root = process.env["PERSONA_TEST_ROOT"] ?? fileURLToPath(new URL("..", import.meta.url));
const stop = new AbortController();
// Not `once`: a signal to the process group comes twice, from its sender and through run.mjs.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort(signal));

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) return 2;
  const output = orderedOutput(process.stdout);
  const chosen = suites.filter(({ name, onAsking }) =>
    options.only === undefined ? onAsking === undefined : options.only === name,
  );
  const outcomes = new Map<Suite, SuiteOutcome>();

  const run = async (suite: Suite) => {
    const files = testFiles(suite, root);
    const print = output.section(suite.name);
    if (files.length > 0 && !stop.signal.aborted) {
      print.write(`\n── ${suite.name} ──\n`);
      const outcome = await runSuite(runnerArguments(suite, files, options.grep), {
        root,
        env: environment(),
        onOutput: (chunk) => print.write(chunk),
        signal: stop.signal,
        mayBeEmpty: options.grep !== undefined,
      });
      outcomes.set(suite, outcome);
      if (outcome.problem !== undefined) print.write(`\nsuite ${suite.name} FAILED: ${outcome.problem}\n`);
    } else {
      print.write(`\n── ${suite.name} ── no test files (${suite.files})\n`);
    }
    print.end();
  };
  // Sections print in this order, however they end.
  for (const suite of chosen) output.announce(suite.name);
  await pool(
    chosen.filter(({ late }) => !late),
    AT_ONCE,
    run,
  );
  await pool(
    chosen.filter(({ late }) => late),
    AT_ONCE,
    run,
  );
  return report(outcomes);
}

function report(outcomes: ReadonlyMap<Suite, SuiteOutcome>): number {
  const all = [...outcomes.values()];
  const passed = all.reduce((sum, { passed }) => sum + passed, 0);
  let failed = all.reduce((sum, { failed }) => sum + failed, 0);
  const skipped = [...outcomes].flatMap(([{ name }, { skipped }]) => skipped.map((test) => ({ ...test, suite: name })));
  const lines = [""];
  for (const [{ name }, outcome] of outcomes) {
    const seconds = (outcome.ms / 1_000).toFixed(1);
    lines.push(`${name.padEnd(10)} ${outcome.passed} passed, ${outcome.failed} failed, ${seconds} s`);
  }
  for (const { suite, title, reason } of skipped) lines.push(`SKIPPED in ${suite}: ${title}: ${reason}`);
  for (const [{ name }, { problem }] of outcomes) {
    if (problem !== undefined) lines.push(`FAILED suite ${name}: ${problem}`);
  }
  if (stop.signal.aborted) lines.push(`Stopped by ${stop.signal.reason}.`);
  if (passed + failed === 0) {
    lines.push("FAILED: no test ran.");
    failed = 1;
  }
  const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : "";
  process.stdout.write(`${lines.join("\n")}\n\n${passed} passed, ${failed} failed${tail}\n`);
  return failed > 0 || stop.signal.aborted ? 1 : 0;
}

function readOptions(): { only: string | undefined; grep: string | undefined } | undefined {
  const names = suites.map(({ name }) => name);
  try {
    const { values } = parseArgs({ options: { only: { type: "string" }, grep: { type: "string" } } });
    if (values.only === undefined || names.some((name) => name === values.only)) {
      return { only: values.only, grep: values.grep };
    }
    process.stderr.write(`There is no suite ${JSON.stringify(values.only)}; there are ${names.join(", ")}.\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.stderr.write(`usage: npm test [-- --only ${names.join("|")}] [--grep PATTERN]\n`);
  }
  return undefined;
}

/** The runners write to a pipe, which would lose their colours. */
function environment(): NodeJS.ProcessEnv {
  return process.stdout.isTTY ? { FORCE_COLOR: "1", ...process.env } : process.env;
}

async function pool<T>(items: readonly T[], size: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: size }, worker));
}
