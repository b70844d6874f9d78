import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { programSources } from "./whatIsJoined.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

/**
 * The environment in which every Node process below loads some modules from a few joined files (./whatIsJoined.ts). Hundreds of
 * processes start in a run of the tests, and most of what a short one costs is finding and reading a thousand small modules.
 * Joined once for each lock, and for each state of the sources; what the code does is the same.
 */
export function joinedModules(root: string): NodeJS.ProcessEnv {
  const packages = hashOf(root, [join(root, "package-lock.json"), ...filesBelow(here)], process.version);
  const sources = () => programSources.flatMap((folder) => filesBelow(join(root, folder)));
  const programs = hashOf(root, sources(), packages);
  const hook = pathToFileURL(join(here, "joinedHook.mjs"));
  hook.searchParams.append("folder", joined(root, "packages", packages));
  const folder = joined(root, "programs", programs);
  hook.searchParams.append("folder", folder);
  if (hashOf(root, sources(), packages) !== programs) {
    // Nobody may find it under the name of what it is not.
    rmSync(folder, { recursive: true, force: true });
    throw new Error("The sources were edited while they were joined for the tests. Run the command again.");
  }
  return { NODE_OPTIONS: [process.env["NODE_OPTIONS"], `--import=${hook.href}`].filter(Boolean).join(" ") };
}

function joined(root: string, kind: "packages" | "programs", key: string): string {
  const folder = join(root, ".cache", kind, key);
  if (existsSync(folder)) return folder;
  // In a process of its own: the bundler leaves a child behind that would keep ours from ending.
  const args = ["--experimental-import-meta-resolve", join(here, "joinMain.ts"), kind, root, folder];
  const { status } = spawnSync(process.execPath, ["--no-warnings", ...args], { stdio: "inherit" });
  if (status !== 0) throw new Error(`The ${kind} cannot be joined for the tests.`);
  return folder;
}

function hashOf(root: string, files: readonly string[], more: string): string {
  const hash = createHash("sha256").update(`${more}\0`);
  for (const file of files)
    hash.update(`${relative(root, file)}\0`).update(createHash("sha256").update(readFileSync(file)).digest());
  return hash.digest("hex").slice(0, 32);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
