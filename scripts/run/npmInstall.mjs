// Started by install.mjs, on the pinned Node, with the path of npm-cli.js. A process of its own so that npm and all
// that npm starts find that Node in process.execPath and first on their PATH.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectNode } from "./install.mjs";

const root = process.env["PERSONA_ROOT"] ?? "";
const npm = process.argv[2] ?? "";

// --no-save: an install from the lock, which an older npm would otherwise rewrite in its own dialect.
// --include: "omit=dev" in a person's npmrc, or NODE_ENV=production, would leave out what everything here needs.
// --ignore-scripts: no package runs code while it is installed, whichever npm this is; the one exception follows.
runNpm(
  "install --no-save --no-audit --no-fund --ignore-scripts --prefer-offline --loglevel=http --include=dev --include=optional".split(
    " ",
  ),
);
if (nodeVersion() !== wantedVersion()) {
  runNpm(["rebuild", "node", "--ignore-scripts=false", "--foreground-scripts", "--loglevel=http"]);
}
if (existsSync(projectNode(root)) && nodeVersion() !== wantedVersion()) {
  process.stderr.write(`npm error ${projectNode(root)} does not run on this machine.\n`);
  process.exitCode = 1;
}

/** @param {string[]} args */
function runNpm(args) {
  const { status, error } = spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: "inherit" });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function nodeVersion() {
  const { stdout } = spawnSync(projectNode(root), ["-p", "process.versions.node"], { encoding: "utf8" });
  return stdout?.trim();
}

/** @returns {string} */
function wantedVersion() {
  return JSON.parse(readFileSync(join(root, "node_modules/node/package.json"), "utf8")).version;
}
