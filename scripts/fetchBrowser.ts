// Fetches Chromium, the program without a window (Debian's chromium-headless-shell), and the libraries that this machine
// lacks for it, into .cache: the browser that tests meet.
//
//   npm run browser                                   fetch it when it is not in .cache, and print its path
//   node scripts/fetchBrowser.ts --cached             print its path only when it is there
//
// Exit code 0: it is there and starts. 3: it cannot be had here (no apt, no network); the reason is on stderr. 100 MB, some
// seconds, once. The version is the archive's newest: Debian keeps no older one, and a browser is what people have today.
import { existsSync, globSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { cacheFolder, fetchPackages, found, lastLines, run, unavailable } from "./debian/fetchPackages.ts";

const PACKAGE = "chromium-headless-shell";
const PROGRAM = "usr/lib/chromium/chromium-headless-shell";
const prefix = "chromium-";

process.exitCode = fetchBrowser(process.argv.includes("--cached"));

function fetchBrowser(cachedOnly: boolean): number {
  const there = cached();
  if (there !== undefined) return found(there);
  if (cachedOnly) return unavailable("Chromium", "it has not been fetched yet: npm run browser");
  const fetched = fetchPackages({
    what: "Chromium",
    size: "100 MB",
    packages: [PACKAGE],
    folderOf: (version) => `${prefix}${version.replaceAll(/[^\w.+-]/g, "_")}`,
    prepare: writeLauncher,
  });
  if ("problem" in fetched) return unavailable("Chromium", fetched.problem);
  const program = join(fetched.folder, "chromium");
  const problem = starts(program);
  return problem === undefined ? found(program) : unavailable("Chromium", `it does not start: ${problem}`);
}

/** What is in .cache and starts: a library of the system that has gone since takes its packages with it. */
function cached(): string | undefined {
  if (!existsSync(cacheFolder)) return undefined;
  return readdirSync(cacheFolder)
    .filter((name) => name.startsWith(prefix))
    .sort()
    .reverse()
    .map((name) => join(cacheFolder, name, "chromium"))
    .find((program) => existsSync(program) && starts(program) === undefined);
}

/** Starts the program with the libraries that came with it, wherever the folder lies. */
function writeLauncher(root: string): void {
  const folders = new Set(globSync("**/*.so*", { cwd: root }).map(dirname));
  folders.delete(dirname(PROGRAM));
  const libraries = [...folders].map((folder) => `$here/${relative(".", folder)}`).join(":");
  writeFileSync(
    join(root, "chromium"),
    `#!/bin/sh\nhere=$(cd "$(dirname "$0")" && pwd)\nLD_LIBRARY_PATH="${libraries}" exec "$here/${PROGRAM}" "$@"\n`,
    { mode: 0o755 },
  );
}

/** Undefined, or what it says instead of its version. */
function starts(program: string): string | undefined {
  const { status, stdout, stderr } = run(program, ["--version"]);
  return status === 0 && /\d+\.\d+\.\d+/.test(stdout) ? undefined : lastLines(stderr) || `exit code ${status}`;
}
