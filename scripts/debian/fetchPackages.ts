import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Exit code of a command whose program cannot be had on this machine: nothing is wrong with the project. */
const UNAVAILABLE = 3;

/** Where fetched programs lie, each in a folder of its own. */
export const cacheFolder = fileURLToPath(new URL("../../.cache", import.meta.url));

const quick = ["Acquire::Retries=1", "Acquire::http::Timeout=20", "APT::Sandbox::User=root"].flatMap((option) => [
  "-o",
  option,
]);

type Package = { readonly name: string; readonly version: string };

/**
 * Fetches packages, and what they need that this machine lacks, from Debian's archive into a folder of `.cache`, unpacked. Nothing is
 * installed, and root is not needed; apt checks each package against the archive's signed index.
 *
 * @param what for people: "PostgreSQL"
 * @param size for people, of the download: "60 MB"
 * @param packages names, or `name=version`. The first is taken from the archive also where the system has it.
 * @param folderOf the folder's name, by the version of the first
 * @param prepare changes what was unpacked, before it is moved to its place
 * @returns the folder's path, or why it cannot be had
 */
export function fetchPackages(options: {
  readonly what: string;
  readonly size: string;
  readonly packages: readonly [string, ...string[]];
  readonly folderOf: (version: string) => string;
  readonly prepare?: (root: string) => void;
}): { readonly folder: string } | { readonly problem: string } {
  const { what, size, packages, folderOf, prepare = () => {} } = options;
  if (run("apt-get", ["--version"]).status !== 0) return { problem: "there is no apt-get here to fetch it with" };
  mkdirSync(cacheFolder, { recursive: true });
  const work = mkdtempSync(join(cacheFolder, "fetching-"));
  try {
    process.stderr.write(`Fetching ${what} from Debian's packages (${size}, once) …\n`);
    const downloaded = download(work, packages);
    if ("problem" in downloaded) return downloaded;
    const root = join(work, "root");
    for (const file of downloaded.files) {
      const { status, stderr } = run("dpkg-deb", ["-x", file, root]);
      if (status !== 0) return { problem: `dpkg-deb failed: ${lastLines(stderr)}` };
    }
    prepare(root);
    // Moved whole, so that a fetch that is stopped half-way is never taken for a finished one.
    const folder = join(cacheFolder, folderOf(downloaded.version));
    rmSync(folder, { recursive: true, force: true });
    renameSync(root, folder);
    return { folder };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** First by the system's lists, then by lists of our own that are new. */
function download(
  work: string,
  packages: readonly [string, ...string[]],
): { readonly version: string; readonly files: readonly string[] } | { readonly problem: string } {
  const own = ["-o", `Dir::State::lists=${join(work, "lists")}/`, "-o", `Dir::Cache=${join(work, "apt")}/`];
  for (const folder of ["lists/partial", "apt/archives/partial"]) mkdirSync(join(work, folder), { recursive: true });
  const [first = ""] = packages[0].split("=");
  let problem = "";
  for (const lists of [[], own]) {
    if (lists.length > 0) {
      const { status, stderr } = run("apt-get", [...quick, ...lists, "update"]);
      if (status !== 0) return { problem: `apt-get update failed: ${lastLines(stderr)}` };
    }
    const plan = run("apt-get", [...quick, ...lists, "-s", "install", "--no-install-recommends", ...packages]);
    const planned = plan.stdout.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) /gm);
    const wanted = [...planned].map(([, name = "", version = ""]): Package => ({ name, version }));
    const version = wanted.find(({ name }) => name === first)?.version ?? installedVersion(first);
    if (plan.status !== 0 || version === undefined) {
      problem = `apt-get knows no ${packages.join(", ")}: ${lastLines(plan.stderr)}`;
      continue;
    }
    const all = wanted.some(({ name }) => name === first) ? wanted : [...wanted, { name: first, version }];
    const names = all.map((each) => `${each.name}=${each.version}`);
    const { status, stderr } = run("apt-get", [...quick, ...lists, "download", ...names], work);
    if (status === 0) return { version, files: globSync("*.deb", { cwd: work }).map((name) => join(work, name)) };
    problem = `apt-get download failed: ${lastLines(stderr)}`;
  }
  return { problem };
}

function installedVersion(name: string): string | undefined {
  const { status, stdout } = run("dpkg-query", ["--show", "--showformat", "$" + "{Version}", name]);
  return status === 0 && stdout !== "" ? stdout : undefined;
}

/** What LD_LIBRARY_PATH is to be for programs that were unpacked below `root`. */
export function librariesBelow(root: string): string {
  const folders = globSync("usr/lib/**/*.so*", { cwd: root }).map((file) => join(root, dirname(file)));
  return [...new Set(folders)].join(":");
}

/** A program to its end, five minutes at most; a program that is not there ends with 1. */
export function run(command: string, args: readonly string[], cwd?: string, more: NodeJS.ProcessEnv = {}) {
  const env = { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive", ...more };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8", timeout: 300_000 });
  return { status: status ?? 1, stdout: stdout ?? "", stderr: stderr ?? "" };
}

/** @returns the exit code of a command that has found what it was asked for */
export function found(line: string): number {
  process.stdout.write(`${line}\n`);
  return 0;
}

/** @returns the exit code of a command that has not */
export function unavailable(what: string, reason: string): number {
  process.stderr.write(`${what} is not available: ${reason}\n`);
  return UNAVAILABLE;
}

/** The end of what a program said, for a message. */
export function lastLines(text: string): string {
  return text.trim().split("\n").slice(-2).join(" ").slice(-500);
}
