import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";

const folder = join(repositoryRoot, "portal");
/** What was installed last: the lock's text. */
const installed = join(folder, "node_modules/.installed-lock");
export const portalDist = join(folder, "dist");
/** What the page was built from last. */
const built = join(folder, "node_modules/.built-from");

/** Its own install, in its own folder: packages that nobody else needs. @returns false without a registry */
export function installPortal(): boolean {
  const lock = () => readFileSync(join(folder, "package-lock.json"), "utf8");
  if (existsSync(installed) && readFileSync(installed, "utf8") === lock()) return true;
  process.stderr.write("installing portal/ (some 40 packages, once) …\n");
  // None of its packages needs a script to run. Not `ci`: it refuses a lock without packages of every platform.
  const npm = ["install", "--ignore-scripts", "--no-audit", "--no-fund"];
  const { status } = spawnSync("npm", npm, { cwd: folder, stdio: ["ignore", 2, 2] });
  if (status !== 0) return false;
  writeFileSync(installed, lock());
  return true;
}

/** Builds the page when anything that it is made of has changed. @returns false when it cannot be built; the reason is on stderr */
export function buildPortal(outDir = portalDist): boolean {
  const from = `${sourcesOf()} ${process.env["PORTAL_WALLETCONNECT_PROJECT_ID"] ?? ""}`;
  const isKept = outDir === portalDist;
  if (isKept && existsSync(join(outDir, "index.html")) && existsSync(built) && readFileSync(built, "utf8") === from)
    return true;
  const vite = join(folder, "node_modules/vite/bin/vite.js");
  const { status } = spawnSync(process.execPath, [vite, "build", "--outDir", outDir, "--emptyOutDir"], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) return false;
  if (isKept) writeFileSync(built, from);
  return true;
}

function sourcesOf(): string {
  const hash = createHash("sha256");
  const sandbox = "node/src/enclave/runtime/sandbox/*.ts";
  const patterns = [
    "portal/{src,dev,public}/**/*",
    "portal/*.{json,ts,html}",
    "sdk/src/**/*.ts",
    "sdk/package.json",
    sandbox,
  ];
  for (const path of globSync(patterns, { cwd: repositoryRoot, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort())
    hash.update(
      `${path.slice(repositoryRoot.length)}\0${createHash("sha256").update(readFileSync(path)).digest("hex")}\0`,
    );
  return hash.digest("hex");
}
