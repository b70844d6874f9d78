import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { childEnvironment } from "./environment.mjs";
import { projectNode } from "./install.mjs";
import { runStep } from "./processes.mjs";
import { startProgress } from "./progress.mjs";
import { RunError } from "./RunError.mjs";
import { fingerprint, hashFiles, listFiles, readStamp, writeStamp } from "./stamp.mjs";

/** Not below artifacts/, which Hardhat cleans of what it does not know. */
const STAMP = "cache/persona-built";
const TEST_CONFIG = "hardhat.test.config.ts";

/** @param {string} root */
export function isBuildCurrent(root) {
  return !hasContracts(root) || readStamp(join(root, STAMP)) === buildStamp(root);
}

/**
 * @param {string} root
 * @param {{ noteChild(pid: number): void }} lock
 * @param {{ withTests?: boolean }} [options] beside it, on another core, the build for the Solidity tests: other settings
 */
export async function buildContracts(root, lock, { withTests = false } = {}) {
  const progress = startProgress("Compiling contracts");
  const before = sourcesHash(root);
  let output = "";
  const step = runStep(projectNode(root), [hardhatProgram(root), "build", "--no-tests"], {
    cwd: root,
    env: childEnvironment(root),
    lock,
    onText: (text) => {
      output += text;
    },
  });
  step.catch(progress.fail); // stopped by a signal
  // What it does not finish, or finds wrong, the tests compile for themselves, and say so.
  const [code] = await Promise.all([step, withTests ? buildTests(root) : undefined]);
  if (code !== 0) {
    progress.fail();
    throw new RunError(`${output.trim()}\n\nThe contracts do not compile.`, 1);
  }
  // Edited while the compiler ran: leave no stamp, the next command compiles again.
  if (sourcesHash(root) === before) writeStamp(join(root, STAMP), buildStamp(root));
  progress.done("Contracts compiled");
}

/**
 * Into folders of its own, which the lock does not guard.
 *
 * @param {string} root
 */
async function buildTests(root) {
  if (!existsSync(join(root, TEST_CONFIG))) return;
  await runStep(projectNode(root), [hardhatProgram(root), "build"], {
    cwd: root,
    env: childEnvironment(root, { HARDHAT_CONFIG: TEST_CONFIG }),
    lock: { noteChild() {} },
    onText() {},
  });
}

/** @param {string} root */
function hardhatProgram(root) {
  const manifest = join(root, "node_modules/hardhat/package.json");
  if (!existsSync(manifest)) throw new RunError("hardhat is not installed; remove node_modules and try again.", 1);
  const { bin } = JSON.parse(readFileSync(manifest, "utf8"));
  return join(root, "node_modules/hardhat", typeof bin === "string" ? bin : bin.hardhat);
}

/**
 * What went in and what came out: `hardhat build` by hand with other sources, or a deleted file, makes it differ.
 *
 * @param {string} root
 */
function buildStamp(root) {
  return `${sourcesHash(root)} ${fingerprint(root, listFiles(root, "artifacts"))}`;
}

/** @param {string} root */
function sourcesHash(root) {
  return `${hashFiles(root, ["hardhat.config.ts", ...listFiles(root, "contracts")])} ${compilerPackages(root)}`;
}

/**
 * The compiler, what drives it, and the contracts that ours import: another version of one is a new build. What else is installed is not.
 *
 * @param {string} root
 */
function compilerPackages(root) {
  /** @type {{ packages?: Record<string, { version?: string, integrity?: string }> }} */
  const { packages = {} } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const versions = Object.entries(packages)
    .filter(([path]) => /(^|\/)node_modules\/(solc|hardhat|@openzeppelin\/[^/]+|@nomicfoundation\/[^/]+)$/.test(path))
    .map(([path, { version, integrity }]) => `${path} ${version} ${integrity}`);
  return createHash("sha256").update(versions.sort().join("\n")).digest("hex");
}

/** @param {string} root */
function hasContracts(root) {
  return listFiles(root, "contracts").some((file) => file.endsWith(".sol"));
}
