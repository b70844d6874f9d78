// Finds PostgreSQL's programs, or fetches them from Debian's packages into .cache: the database that tests share work through.
// Nothing is installed, and root is not needed.
//
//   node scripts/fetchPostgres.ts              fetch it when it is neither installed nor in .cache
//   node scripts/fetchPostgres.ts --cached     only look
//
// Prints {"bin": …, "libraries": …}: the folder with `initdb` and `postgres`, and what LD_LIBRARY_PATH is to be for them. Exit
// code 0: they start. 3: they cannot be had here (no apt, no network); the reason is on stderr. 60 MB, some seconds, once. apt
// checks each package against the archive's signed index.
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const UNAVAILABLE = 3;
const cache = fileURLToPath(new URL("../.cache", import.meta.url));
const folder = join(cache, "postgres");
const programs = "usr/lib/postgresql/*/bin/postgres";
const quick = ["Acquire::Retries=1", "Acquire::http::Timeout=20", "APT::Sandbox::User=root"].flatMap((option) => [
  "-o",
  option,
]);

type Found = { readonly bin: string; readonly libraries: string };

process.exitCode = fetchPostgres(process.argv.includes("--cached"));

function fetchPostgres(cachedOnly: boolean): number {
  const there = look("/") ?? look(folder);
  if (there !== undefined) return found(there);
  if (cachedOnly) return unavailable("it is neither installed nor fetched yet: node scripts/fetchPostgres.ts");
  if (run("apt-get", ["--version"]).status !== 0) return unavailable("there is no apt-get here to fetch it with");
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "postgres-"));
  try {
    const packages = download(work);
    if (typeof packages === "string") return unavailable(packages);
    const root = join(work, "root");
    for (const file of packages) {
      const { status, stderr } = run("dpkg-deb", ["-x", file, root]);
      if (status !== 0) return unavailable(`dpkg-deb failed: ${lastLines(stderr)}`);
    }
    // Moved whole, so that a fetch that is stopped half-way is never taken for a finished one.
    rmSync(folder, { recursive: true, force: true });
    renameSync(root, folder);
    const fetched = look(folder);
    return fetched === undefined ? unavailable("it does not start") : found(fetched);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The newest below `root` that starts. */
function look(root: string): Found | undefined {
  if (!existsSync(root)) return undefined;
  const libraries =
    root === "/"
      ? ""
      : [...new Set(globSync("usr/lib/**/*.so*", { cwd: root }).map((file) => join(root, dirname(file))))].join(":");
  return globSync(programs, { cwd: root })
    .sort()
    .reverse()
    .map((program) => ({ bin: join(root, dirname(program)), libraries }))
    .find(
      ({ bin }) => run(join(bin, "postgres"), ["--version"], undefined, { LD_LIBRARY_PATH: libraries }).status === 0,
    );
}

/** The packages' files, or why they cannot be had. First by the system's lists, then by lists of our own that are new. */
function download(work: string): readonly string[] | string {
  const own = ["-o", `Dir::State::lists=${join(work, "lists")}/`, "-o", `Dir::Cache=${join(work, "apt")}/`];
  for (const name of ["lists/partial", "apt/archives/partial"]) mkdirSync(join(work, name), { recursive: true });
  process.stderr.write("Fetching PostgreSQL from Debian's packages (60 MB, once) …\n");
  let problem = "";
  for (const lists of [[], own]) {
    if (lists.length > 0) {
      const { status, stderr } = run("apt-get", [...quick, ...lists, "update"]);
      if (status !== 0) return `apt-get update failed: ${lastLines(stderr)}`;
    }
    const plan = run("apt-get", [...quick, ...lists, "-s", "install", "--no-install-recommends", "postgresql"]);
    const wanted = [...plan.stdout.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) /gm)].map(
      ([, name, version]) => `${name}=${version}`,
    );
    if (plan.status !== 0 || wanted.length === 0) {
      problem = `apt-get knows no postgresql: ${lastLines(plan.stderr)}`;
      continue;
    }
    const { status, stderr } = run("apt-get", [...quick, ...lists, "download", ...wanted], work);
    if (status === 0) return globSync("*.deb", { cwd: work }).map((name) => join(work, name));
    problem = `apt-get download failed: ${lastLines(stderr)}`;
  }
  return problem;
}

function run(command: string, args: readonly string[], cwd?: string, more: NodeJS.ProcessEnv = {}) {
  const env = { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive", ...more };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8", timeout: 300_000 });
  return { status: status ?? 1, stdout: stdout ?? "", stderr: stderr ?? "" };
}

function found(value: Found): number {
  process.stdout.write(`${JSON.stringify(value)}\n`);
  return 0;
}

function unavailable(reason: string): number {
  process.stderr.write(`PostgreSQL is not available: ${reason}\n`);
  return UNAVAILABLE;
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-2).join(" ").slice(-500);
}
