// Finds PostgreSQL's programs, or fetches them from Debian's packages into .cache: the database that tests share work through.
//
//   node scripts/fetchPostgres.ts              fetch it when it is neither installed nor in .cache
//   node scripts/fetchPostgres.ts --cached     only look
//
// Prints {"bin": …, "libraries": …}: the folder with `initdb` and `postgres`, and what LD_LIBRARY_PATH is to be for them. Exit
// code 0: they start. 3: they cannot be had here (no apt, no network); the reason is on stderr. 60 MB, some seconds, once.
import { existsSync, globSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolder, fetchPackages, found, librariesBelow, run, unavailable } from "./debian/fetchPackages.ts";

const name = "postgres";
const programs = "usr/lib/postgresql/*/bin/postgres";

process.exitCode = fetchPostgres(process.argv.includes("--cached"));

function fetchPostgres(cachedOnly: boolean): number {
  const there = look("/") ?? look(join(cacheFolder, name));
  if (there !== undefined) return found(there);
  if (cachedOnly) {
    return unavailable("PostgreSQL", "it is neither installed nor fetched yet: node scripts/fetchPostgres.ts");
  }
  const packages = ["postgresql"] as const;
  const fetched = fetchPackages({ what: "PostgreSQL", size: "60 MB", packages, folderOf: () => name });
  if ("problem" in fetched) return unavailable("PostgreSQL", fetched.problem);
  const started = look(fetched.folder);
  return started === undefined ? unavailable("PostgreSQL", "it does not start") : found(started);
}

/** The newest below `root` that starts, as printed. */
function look(root: string): string | undefined {
  if (!existsSync(root)) return undefined;
  const libraries = root === "/" ? "" : librariesBelow(root);
  const starts = (bin: string) =>
    run(join(bin, "postgres"), ["--version"], undefined, { LD_LIBRARY_PATH: libraries }).status === 0;
  const bin = globSync(programs, { cwd: root })
    .sort()
    .reverse()
    .map((program) => join(root, dirname(program)))
    .find(starts);
  return bin === undefined ? undefined : JSON.stringify({ bin, libraries });
}
