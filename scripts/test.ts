// npm test [-- --only contracts|sdk|node|house|tools|browser|e2e|demo|deploy|…] [--grep PATTERN]
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { joinedModules } from "./test/joined/joinedModules.ts";
import { orderedOutput } from "./test/orderedOutput.ts";
import { longestFirst, type Part, partsOf, readLastSeconds, writeLastSeconds } from "./test/parts.ts";
import { runSuite, type SuiteOutcome } from "./test/runSuite.ts";
import { runnerArguments, suites } from "./test/suites.ts";

/** The reference machine has two cores, and a network of processes mostly waits for itself. */
const AT_ONCE = 3;

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
  const outcomes = new Map<Part, SuiteOutcome>();
  const common = environment();
  if (chosen.some(({ chains }) => chains)) await fetchAnvil();
  if (chosen.some(({ pages }) => pages)) fetchBrowser();

  const run = async (part: Part) => {
    const print = output.section(part.name);
    if (!stop.signal.aborted) {
      print.write(`\n── ${part.name} ──\n`);
      const outcome = await runSuite(runnerArguments(part.suite, part.files, options.grep), {
        root,
        // Some files have a short form for every run, and are whole in a suite of their own.
        env: { ...common, PERSONA_SUITE: part.suite.name },
        onOutput: (chunk) => print.write(chunk),
        signal: stop.signal,
        mayBeEmpty: options.grep !== undefined,
      });
      outcomes.set(part, outcome);
      if (outcome.problem !== undefined) print.write(`\n${part.name} FAILED: ${outcome.problem}\n`);
    }
    print.end();
  };
  const parts = chosen.flatMap((suite) => {
    const found = partsOf(suite, root, { whole: options.grep !== undefined });
    // Sections print in this order, however they end.
    for (const { name } of found) output.announce(name);
    if (found.length === 0) {
      const print = output.section(suite.name);
      print.write(`\n── ${suite.name} ── no test files (${suite.files})\n`);
      print.end();
    }
    return found;
  });
  await pool(longestFirst(parts, readLastSeconds(root)), AT_ONCE, run);
  if (options.grep === undefined) {
    const whole = [...outcomes].filter(([, { failed }]) => failed === 0);
    writeLastSeconds(root, Object.fromEntries(whole.map(([{ name }, { ms }]) => [name, Math.round(ms / 1_000)])));
  }
  return report(parts, outcomes);
}

/** One line a suite, in its order; the seconds are those of its processes together, which ran side by side. */
function report(parts: readonly Part[], outcomes: ReadonlyMap<Part, SuiteOutcome>): number {
  const ended = parts.flatMap((part) => {
    const outcome = outcomes.get(part);
    return outcome === undefined ? [] : [{ ...outcome, part }];
  });
  const lines = [""];
  for (const [suite, list] of Map.groupBy(ended, ({ part }) => part.suite)) {
    const counts = `${sum(list, "passed")} passed, ${sum(list, "failed")} failed`;
    lines.push(`${suite.name.padEnd(10)} ${counts}, ${(sum(list, "ms") / 1_000).toFixed(1)} s`);
  }
  const skipped = ended.flatMap(({ part, skipped }) => skipped.map((test) => ({ ...test, suite: part.suite.name })));
  for (const { suite, title, reason } of skipped) lines.push(`SKIPPED in ${suite}: ${title}: ${reason}`);
  for (const { part, failures = [] } of ended) {
    for (const { title, message } of failures)
      lines.push(`FAILED in ${part.suite.name}: ${title}: ${firstLine(message)}`);
  }
  for (const { part, problem } of ended) {
    if (problem !== undefined) lines.push(`FAILED ${part.name}: ${problem}`);
  }
  if (stop.signal.aborted) lines.push(`Stopped by ${stop.signal.reason}.`);
  const passed = sum(ended, "passed");
  let failed = sum(ended, "failed");
  if (passed + failed === 0) {
    lines.push("FAILED: no test ran.");
    failed = 1;
  }
  const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : "";
  process.stdout.write(`${lines.join("\n")}\n\n${passed} passed, ${failed} failed${tail}\n`);
  return failed > 0 || stop.signal.aborted ? 1 : 0;
}

/** An assertion's message may hold pages of what was got. */
function firstLine(message: string): string {
  return message.split("\n", 1)[0]?.slice(0, 200) ?? "";
}

function sum(outcomes: readonly SuiteOutcome[], of: "passed" | "failed" | "ms"): number {
  return outcomes.reduce((total, outcome) => total + outcome[of], 0);
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

function environment(): NodeJS.ProcessEnv {
  // A tree of a test of this command has no packages; it runs below what has.
  const joined = process.env["PERSONA_TEST_ROOT"] === undefined ? joinedModules(root) : {};
  // The runners write to a pipe, which would lose their colours.
  return { ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : {}), ...process.env, ...joined };
}

/** Before there are several who would fetch it. */
async function fetchAnvil(): Promise<void> {
  if (process.env["PERSONA_TEST_ROOT"] !== undefined) return;
  const { anvilBinary } = await import("../node/src/dev/chainProcess.ts");
  await anvilBinary(stop.signal).catch((error: unknown) => {
    // Tests that want it fail, and say so; the others run.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  });
}

async function pool<T>(items: readonly T[], size: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: size }, worker));
}

/** Likewise. Where it cannot be had, it says why, and the tests that want it say that they were skipped. */
function fetchBrowser(): void {
  if (process.env["PERSONA_TEST_ROOT"] !== undefined) return;
  spawnSync(process.execPath, [fileURLToPath(new URL("fetchBrowser.ts", import.meta.url))], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}
