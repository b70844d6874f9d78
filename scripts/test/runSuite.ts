import { spawn } from "node:child_process";
import { isSuiteResult, type SuiteResult } from "./SuiteResult.ts";

/** How long a runner may live after its last test. What keeps it alive longer is a leak: a server, a timer, a child. */
const EXIT_MS = 10_000;
const KILL_MS = 2_000;

export type SuiteOutcome = SuiteResult & { readonly ms: number; readonly problem: string | undefined };

/**
 * Runs one suite in a process of its own.
 *
 * The counts are those that the runner sends. Whatever else goes wrong (it dies before it has sent them, ends with a code that
 * contradicts them, does not end) is one failure more, with the problem in words: a suite cannot fail silently.
 */
export async function runSuite(args: readonly string[], options: runSuite.Options): Promise<SuiteOutcome> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: options.root,
    env: options.env,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  child.stdout?.on("data", options.onOutput);
  child.stderr?.on("data", options.onOutput);

  let result: SuiteResult | undefined;
  let hung = false;
  const timers: NodeJS.Timeout[] = [];
  child.on("message", (message) => {
    if (!isSuiteResult(message)) return;
    result = message;
    const stop = () => {
      hung = true;
      child.kill("SIGTERM");
      timers.push(setTimeout(() => child.kill("SIGKILL"), KILL_MS));
    };
    timers.push(setTimeout(stop, options.exitMs ?? EXIT_MS));
  });
  const stopChild = () => child.kill("SIGTERM");
  options.signal.addEventListener("abort", stopChild, { once: true });

  const ended = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  for (const timer of timers) clearTimeout(timer);
  options.signal.removeEventListener("abort", stopChild);

  const counts = result ?? { passed: 0, failed: 0, skipped: [] };
  const problem = findProblem({ result, hung, mayBeEmpty: options.mayBeEmpty ?? false, ...ended });
  return {
    ...counts,
    failed: counts.failed + (problem === undefined ? 0 : 1),
    ms: performance.now() - startedAt,
    problem,
  };
}

export declare namespace runSuite {
  type Options = {
    readonly root: string;
    readonly env: NodeJS.ProcessEnv;
    readonly onOutput: (chunk: Buffer) => void;
    readonly signal: AbortSignal;
    /** Files without a test are a mistake, unless a pattern has been asked for. */
    readonly mayBeEmpty?: boolean;
    readonly exitMs?: number;
  };
}

function findProblem(end: {
  result: SuiteResult | undefined;
  hung: boolean;
  mayBeEmpty: boolean;
  code: number | null;
  signal: NodeJS.Signals | null;
}): string | undefined {
  if (end.hung) return "its tests ended but its process did not: something was left open (a server, a timer, a child)";
  const how = end.signal === null ? `exit code ${end.code}` : end.signal;
  if (end.result === undefined) return `it ended before its tests did (${how})`;
  if (end.signal !== null) return `it was ended by ${end.signal}`;
  if (end.result.failed === 0 && end.code !== 0) return `its tests passed but it ended with ${how}`;
  if (end.result.failed > 0 && end.code === 0) return "its tests failed but it ended with exit code 0";
  const { passed, failed, skipped } = end.result;
  if (passed + failed + skipped.length === 0 && !end.mayBeEmpty) return "its files hold no test";
  return undefined;
}
