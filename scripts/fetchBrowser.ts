// Fetches Chromium, the program without a window (Debian's chromium-headless-shell), and the libraries that this machine
// lacks for it, into .cache: the browser that tests meet. Nothing is installed, and root is not needed.
//
//   npm run browser                                   fetch it when it is not in .cache, and print its path
//   node scripts/fetchBrowser.ts --cached             print its path only when it is there
//
// Exit code 0: it is there and starts. 3: it cannot be had here (no apt, no network); the reason is on stderr. 100 MB, some
// seconds, once. apt checks each package against the archive's signed index. The version is the archive's newest: Debian
// keeps no older one, and a browser is what people have today.
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = "chromium-headless-shell";
const PROGRAM = "usr/lib/chromium/chromium-headless-shell";
const UNAVAILABLE = 3;
const cache = fileURLToPath(new URL("../.cache", import.meta.url));
const quick = ["Acquire::Retries=1", "Acquire::http::Timeout=20", "APT::Sandbox::User=root"].flatMap((option) => [
  "-o",
  option,
]);

process.exitCode = fetchBrowser(process.argv.includes("--cached"));

function fetchBrowser(cachedOnly: boolean): number {
  const there = cached();
  if (there !== undefined) return found(there);
  if (cachedOnly) return unavailable("it has not been fetched yet: npm run browser");
  if (run("apt-get", ["--version"]).status !== 0) return unavailable("there is no apt-get here to fetch it with");
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "browser-"));
  try {
    const fetched = download(work);
    if (typeof fetched === "string") return unavailable(fetched);
    const { version, packages } = fetched;
    const root = join(work, "root");
    for (const file of packages) {
      const { status, stderr } = run("dpkg-deb", ["-x", file, root]);
      if (status !== 0) return unavailable(`dpkg-deb failed: ${lastLines(stderr)}`);
    }
    writeLauncher(root);
    // Moved whole, so that a fetch that is stopped half-way is never taken for a finished one.
    const folder = join(cache, `chromium-${version.replaceAll(/[^\w.+-]/g, "_")}`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(root, folder);
    const problem = starts(join(folder, "chromium"));
    return problem === undefined ? found(join(folder, "chromium")) : unavailable(`it does not start: ${problem}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What is in .cache and starts: a library of the system that has gone since takes its packages with it. */
function cached(): string | undefined {
  if (!existsSync(cache)) return undefined;
  const folders = readdirSync(cache).filter((name) => name.startsWith("chromium-"));
  return folders
    .sort()
    .reverse()
    .map((name) => join(cache, name, "chromium"))
    .find((program) => existsSync(program) && starts(program) === undefined);
}

/** The packages' files, or why they cannot be had. First by the system's lists, then by lists of our own that are new. */
function download(work: string): { readonly version: string; readonly packages: readonly string[] } | string {
  const own = ["-o", `Dir::State::lists=${join(work, "lists")}/`, "-o", `Dir::Cache=${join(work, "apt")}/`];
  for (const folder of ["lists/partial", "apt/archives/partial"]) mkdirSync(join(work, folder), { recursive: true });
  let problem = "";
  process.stderr.write("Fetching Chromium from Debian's packages (100 MB, once) …\n");
  for (const lists of [[], own]) {
    if (lists.length > 0) {
      const { status, stderr } = run("apt-get", [...quick, ...lists, "update"]);
      if (status !== 0) return `apt-get update failed: ${lastLines(stderr)}`;
    }
    const plan = run("apt-get", [...quick, ...lists, "-s", "install", "--no-install-recommends", PACKAGE]);
    const wanted = [...plan.stdout.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) /gm)].map(([, name, version]) => ({
      name,
      version,
    }));
    const version = wanted.find(({ name }) => name === PACKAGE)?.version ?? installed();
    if (plan.status !== 0 || version === undefined) {
      problem = `apt-get knows no ${PACKAGE}: ${lastLines(plan.stderr)}`;
      continue;
    }
    // Where the system has the package, its files are still taken from the archive: one way for all.
    const names = wanted.some(({ name }) => name === PACKAGE) ? wanted : [...wanted, { name: PACKAGE, version }];
    const specifiers = names.map((each) => `${each.name}=${each.version}`);
    const { status, stderr } = run("apt-get", [...quick, ...lists, "download", ...specifiers], work);
    if (status === 0) return { version, packages: globSync("*.deb", { cwd: work }).map((name) => join(work, name)) };
    problem = `apt-get download failed: ${lastLines(stderr)}`;
  }
  return problem;
}

function installed(): string | undefined {
  const { status, stdout } = run("dpkg-query", ["--show", "--showformat", "$" + "{Version}", PACKAGE]);
  return status === 0 && stdout !== "" ? stdout : undefined;
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

function run(
  command: string,
  args: readonly string[],
  cwd?: string,
): { status: number; stdout: string; stderr: string } {
  const env = { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8", timeout: 300_000 });
  return { status: status ?? 1, stdout: stdout ?? "", stderr: stderr ?? "" };
}

function found(program: string): number {
  process.stdout.write(`${program}\n`);
  return 0;
}

function unavailable(reason: string): number {
  process.stderr.write(`Chromium is not available: ${reason}\n`);
  return UNAVAILABLE;
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-2).join(" ").slice(-500);
}
