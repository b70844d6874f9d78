import { spawn } from "node:child_process";
import { constants } from "node:os";
import { RunError } from "./RunError.mjs";

/** @typedef {import("node:child_process").ChildProcess} ChildProcess */

/** @type {NodeJS.Signals[]} */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Longer than any double delivery of one key press takes, shorter than a person who presses again on purpose. */
const SAME_SIGNAL_MS = 1_000;

/** @param {NodeJS.Signals} signal */
const signalExitCode = (signal) => 128 + (constants.signals[signal] ?? 0);

/**
 * Runs a program in the foreground until it ends. One SIGINT, SIGTERM or SIGHUP sent to us reaches it once: npm repeats what the
 * terminal has already sent to the whole process group, and a program that takes a second Ctrl-C as "now" must not see it.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 * @returns {Promise<number>} its exit code, or 128 + n when signal n ended it
 */
export function runToEnd(command, args, options) {
  const child = spawn(command, args, options);
  /** @type {Map<string, number>} */
  const sentAt = new Map();
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    if (signal === "SIGINT" && process.stdin.isTTY) return; // the terminal has told it
    const now = performance.now();
    if (now - (sentAt.get(signal) ?? Number.NEGATIVE_INFINITY) < SAME_SIGNAL_MS) return;
    sentAt.set(signal, now);
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new RunError(`${command} cannot be started: ${error.message}`, 1)));
    child.once("exit", (code, signal) => {
      for (const name of SIGNALS) process.off(name, forward);
      resolve(signal === null ? (code ?? 1) : signalExitCode(signal));
    });
  });
}

/** @type {Set<ChildProcess>} */
const working = new Set();

/** @type {NodeJS.Signals | undefined} */
let stoppedBy;

/**
 * Runs one step of the preparation, in a process group of its own so that all of npm's descendants can be stopped together.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, lock: { noteChild(pid: number): void }, onText(text: string): void }} options
 * @returns {Promise<number>} its exit code
 */
export function runStep(command, args, { cwd, env, lock, onText }) {
  const child = spawn(command, args, {
    cwd,
    env,
    detached: process.platform !== "win32",
    stdio: ["ignore", "pipe", "pipe"],
  });
  working.add(child);
  if (child.pid !== undefined) lock.noteChild(child.pid);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", onText);
  }
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      working.delete(child);
      reject(new RunError(`${command} cannot be started: ${error.message}`, 1));
    });
    child.once("close", (code, signal) => {
      working.delete(child);
      if (stoppedBy !== undefined) reject(new RunError("Stopped.", signalExitCode(stoppedBy)));
      else resolve(signal === null ? (code ?? 1) : signalExitCode(signal));
    });
  });
}

/**
 * While we prepare: a signal stops the running step with all its descendants, and then ourselves.
 *
 * @returns {() => void} ends this
 */
export function stopOnSignals() {
  /** @param {NodeJS.Signals} signal */
  const stop = (signal) => {
    stoppedBy = signal;
    if (working.size === 0) process.exit(signalExitCode(signal)); // the lock, if we have it, is released on exit
    for (const child of working) killGroup(child, signal);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  return () => {
    for (const signal of SIGNALS) process.off(signal, stop);
  };
}

/**
 * @param {ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function killGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It has ended on its own in the meantime.
  }
}
