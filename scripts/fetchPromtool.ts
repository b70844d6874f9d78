// Finds promtool, or fetches it from Debian's packages into .cache: what Prometheus itself says of the alert rules.
//
//   node scripts/fetchPromtool.ts             print its path, and fetch it when it is not in .cache
//
// Exit code 0: it starts. 3: it cannot be had here (no apt, no network); the reason is on stderr. 20 MB, some seconds, once.
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, fetchPackages, found, run, unavailable } from "./debian/fetchPackages.ts";

const folder = "promtool";

process.exitCode = fetchPromtool();

function fetchPromtool(): number {
  const program = join(cacheFolder, folder, "promtool");
  if (starts(program)) return found(program);
  const fetched = fetchPackages({
    what: "promtool",
    size: "20 MB",
    packages: ["prometheus"],
    folderOf: () => folder,
    prepare: keepPromtool,
  });
  if ("problem" in fetched) return unavailable("promtool", fetched.problem);
  return starts(program) ? found(program) : unavailable("promtool", "it does not start");
}

function starts(program: string): boolean {
  return existsSync(program) && run(program, ["--version"]).status === 0;
}

/** The server beside it, and its pages, are 270 MB. */
function keepPromtool(root: string): void {
  renameSync(join(root, "usr/bin/promtool"), join(root, "promtool"));
  for (const other of ["usr", "etc", "lib", "var"]) rmSync(join(root, other), { recursive: true, force: true });
}
