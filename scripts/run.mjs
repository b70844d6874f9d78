// What every `npm run` of this project goes through: `node scripts/run.mjs <file.ts> [arguments]`.
//
// It runs on whatever Node (>= 18) the machine has, with nothing installed, and brings the project to the state in which
// the target can run: dependencies as the lock says, contracts compiled. Then it runs the target with the project's own
// Node. Plain JavaScript without dependencies for that reason; everything it says goes to stderr, stdout is the target's.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildContracts, isBuildCurrent } from "./run/build.mjs";
import { childEnvironment } from "./run/environment.mjs";
import { installDependencies, isInstallCurrent, projectNode } from "./run/install.mjs";
import { acquireLock } from "./run/lock.mjs";
import { runToEnd, stopOnSignals } from "./run/processes.mjs";
import { RunError } from "./run/RunError.mjs";

const closedPipe = new URL("run/closedPipe.mjs", import.meta.url).href;
const root = fileURLToPath(new URL("..", import.meta.url));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof RunError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}

/**
 * @param {string[]} argv
 * @returns {Promise<number>} the exit code
 */
async function main([target, ...args]) {
  if (target === undefined) throw new RunError("usage: node scripts/run.mjs <file.ts> [arguments]", 2);
  const file = resolve(root, target);
  if (!existsSync(file)) throw new RunError(`${target} does not exist in ${root}.`, 1);

  const startedAt = performance.now();
  // Every suite will run, the Solidity tests too: their compiler need not wait for the other.
  const prepared = await prepare({ withTests: file === join(root, "scripts/test.ts") && args.length === 0 });
  const installMs = prepared ? Math.round(performance.now() - startedAt) : 0;

  // node:sqlite still announces itself as experimental on every start; the version is pinned, so the warning says nothing.
  const flags = ["--disable-warning=ExperimentalWarning", "--import", closedPipe];
  return runToEnd(projectNode(root), [...flags, file, ...args], {
    env: childEnvironment(root, { PERSONA_INSTALL_MS: String(installMs) }),
    stdio: "inherit",
  });
}

/**
 * @param {{ withTests: boolean }} options
 * @returns {Promise<boolean>} whether anything had to be done
 */
async function prepare(options) {
  if (isInstallCurrent(root) && isBuildCurrent(root)) return false;

  const release = stopOnSignals();
  const path = resolve(root, ".cache/run.lock");
  const lock = await acquireLock(path, {
    onWait: (pid) =>
      process.stderr.write(
        `Another command (process ${pid}) is installing or compiling here; waiting for it.\nIf there is none, remove ${path}.\n`,
      ),
  });
  try {
    // Asked again: whoever held the lock has usually done the work.
    if (!isInstallCurrent(root)) await installDependencies(root, lock);
    if (!isBuildCurrent(root)) await buildContracts(root, lock, options);
  } finally {
    lock.release();
    release();
  }
  return true;
}
