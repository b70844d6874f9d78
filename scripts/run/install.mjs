import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { npmEnvironment } from "./environment.mjs";
import { explainNpmFailure } from "./explainNpmFailure.mjs";
import { runStep } from "./processes.mjs";
import { startProgress } from "./progress.mjs";
import { RunError } from "./RunError.mjs";
import { hashFiles, readStamp, writeStamp } from "./stamp.mjs";

const STAMP = "node_modules/.persona-installed";
const UNFINISHED = "node_modules/.persona-installing";

/** @param {string} root */
export function projectNode(root) {
  return join(root, "node_modules/node/bin", process.platform === "win32" ? "node.exe" : "node");
}

/** @param {string} root */
export function isInstallCurrent(root) {
  return readStamp(join(root, STAMP)) === installHash(root) && existsSync(projectNode(root));
}

/**
 * What an install depends on.
 *
 * @param {string} root
 */
function installHash(root) {
  const manifests = workspacesOf(root).map((name) => `${name}/package.json`);
  const files = hashFiles(root, ["package.json", ...manifests, "package-lock.json", ".npmrc"]);
  return `${files} ${process.platform}-${process.arch}`;
}

/**
 * Installs what package-lock.json says. Hardhat's native package is left out without a word by an npm that runs on an old
 * Node, so npm itself is run on the Node that the project pins.
 *
 * @param {string} root
 * @param {{ noteChild(pid: number): void }} lock
 */
export async function installDependencies(root, lock) {
  requireLock(root);
  const hash = installHash(root);
  const modules = [".", ...workspacesOf(root)].map((name) => join(root, name, "node_modules"));
  rmSync(join(root, STAMP), { force: true });
  if (existsSync(join(root, UNFINISHED))) {
    // npm looks at package.json files only, so it would take a half-unpacked package for a whole one.
    process.stderr.write("The last install was cut off; starting over.\n");
    for (const folder of modules) rmSync(folder, { recursive: true, force: true });
  }
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(join(root, UNFINISHED), "");

  const progress = startProgress("Installing dependencies (about a minute the first time)");
  let output = "";
  let fetched = 0;
  const { command, args } = npmOnPinnedNode(root);
  const step = runStep(command, args, {
    // Outside the project, or npm would take a broken node_modules/node for the one it is asked to run on.
    cwd: tmpdir(),
    env: { ...npmEnvironment(), PERSONA_ROOT: root },
    lock,
    onText: (text) => {
      output = (output + text).slice(-200_000);
      fetched += text.match(/http fetch GET 200 \S+\.tgz/g)?.length ?? 0;
      if (fetched > 0) progress.detail(`${fetched} packages fetched`);
    },
  });
  step.catch(progress.fail); // stopped by a signal
  const code = await step;

  // npm has put everything back when it fails by itself. The mark stays only when it was killed (runStep throws then).
  rmSync(join(root, UNFINISHED), { force: true });
  if (code !== 0) {
    progress.fail();
    throw explainNpmFailure(output, code);
  }
  if (!existsSync(projectNode(root))) {
    progress.fail();
    throw new RunError(
      `npm installed the package "node", but it holds no program for ${process.platform}-${process.arch}.\n` +
        "Remove node_modules and try again; docs/dependencies.md says how this package works.",
      1,
    );
  }
  writeStamp(join(root, STAMP), hash);
  progress.done("Dependencies installed");
}

/**
 * npm takes a lock that is missing, or that it cannot read, for no lock at all, and installs whatever is newest today.
 *
 * @param {string} root
 */
function requireLock(root) {
  try {
    JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  } catch (error) {
    const what = error instanceof SyntaxError ? "is broken (a merge conflict?)" : "cannot be read";
    throw new RunError(
      `package-lock.json ${what}, and nothing is installed without it. \`git checkout package-lock.json\` brings it back.`,
      1,
    );
  }
}

/**
 * @param {string} root
 * @returns {string[]}
 */
function workspacesOf(root) {
  return readManifest(root).workspaces ?? [];
}

/**
 * @param {string} root
 * @returns {{ workspaces?: string[], devDependencies?: Record<string, string> }}
 */
function readManifest(root) {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
}

/** @param {string} root */
function npmOnPinnedNode(root) {
  const version = readManifest(root).devDependencies?.["node"];
  if (version === undefined) throw new RunError('package.json names no "node" among its devDependencies.', 1);

  const node = nodeOutside(root);
  const npm = npmProgram(node);
  if (npm === undefined) {
    throw new RunError("npm is not there. It comes with Node (https://nodejs.org); install it and try again.", 1);
  }
  const worker = [fileURLToPath(new URL("npmInstall.mjs", import.meta.url)), npm];
  const ambient = execFileSync(node, ["-p", "process.versions.node"], { encoding: "utf8" }).trim();
  if (ambient.split(".")[0] === version.split(".")[0]) return { command: node, args: worker };
  return {
    command: node,
    args: [npm, "exec", "--yes", "--loglevel=http", `--package=node@${version}`, "--", "node", ...worker],
  };
}

/**
 * The Node of the machine. Once installed, the project's own Node is the first on the PATH of every `npm run`, but what an
 * install may replace cannot carry it out.
 *
 * @param {string} root
 */
function nodeOutside(root) {
  const name = process.platform === "win32" ? "node.exe" : "node";
  const onPath = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name));
  const candidates = [process.env["npm_node_execpath"] ?? "", process.execPath, ...onPath];
  return candidates.find((path) => path !== "" && !path.startsWith(root) && existsSync(path)) ?? process.execPath;
}

/**
 * npm's own program file: the one that runs us, or else the one beside the machine's Node, or else one on the PATH.
 *
 * @param {string} node
 */
function npmProgram(node) {
  const running = process.env["npm_execpath"] ?? "";
  const bin = dirname(node);
  const candidates = [
    basename(running) === "npm-cli.js" ? running : "",
    join(bin, "../lib/node_modules/npm/bin/npm-cli.js"),
    join(bin, "node_modules/npm/bin/npm-cli.js"), // Windows
    ...(process.env["PATH"] ?? "").split(delimiter).flatMap((folder) => [
      // "bin/npm" is a link into the package (nvm, apt, npm itself), or a script beside it (Windows).
      join(folder, "../lib/node_modules/npm/bin/npm-cli.js"),
      join(folder, "../share/nodejs/npm/bin/npm-cli.js"), // Debian
      join(folder, "node_modules/npm/bin/npm-cli.js"),
    ]),
  ];
  return candidates.find((path) => path !== "" && existsSync(path));
}
