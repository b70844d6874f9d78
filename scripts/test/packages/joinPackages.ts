import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

/**
 * The environment in which every Node process below loads the packages of ./specifiers.ts from a few joined files. Hundreds of
 * processes start in a run of the tests, and half of what a short one costs is finding and reading a thousand small modules.
 * Joined once for each lock; the code in them is the packages', and that of the project runs as it is.
 */
export function joinedPackages(root: string): NodeJS.ProcessEnv {
  const folder = join(root, ".cache/packages", keyOf(root));
  if (!existsSync(folder)) {
    // In a process of its own: the bundler leaves a child behind that would keep ours from ending.
    const args = ["--experimental-import-meta-resolve", join(here, "joinMain.ts"), root, folder];
    const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
    if (status !== 0) throw new Error("The packages cannot be joined for the tests.");
  }
  const hook = pathToFileURL(join(here, "joinedHook.mjs"));
  hook.searchParams.set("folder", folder);
  const options = [process.env["NODE_OPTIONS"], `--import=${hook.href}`].filter(Boolean).join(" ");
  return { NODE_OPTIONS: options };
}

function keyOf(root: string): string {
  const hash = createHash("sha256")
    .update(process.version)
    .update(readFileSync(join(root, "package-lock.json")));
  for (const file of readdirSync(here).sort()) hash.update(`${file}\0`).update(readFileSync(join(here, file)));
  return hash.digest("hex").slice(0, 32);
}
