// Finds Dovecot, or fetches it from Debian's packages into .cache: the mail server that mailboxes are tested against.
//
//   node scripts/fetchDovecot.ts              fetch it when it is not in .cache
//   node scripts/fetchDovecot.ts --cached     only look
//
// Prints {"program": …, "folder": …, "libraries": …}: the daemon, its other programs' folder, and what LD_LIBRARY_PATH is to be for
// them. Exit code 0: it starts. 3: it cannot be had here (no apt, another release of Debian, no network); the reason is on stderr.
// 20 MB, some seconds, once.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, fetchPackages, found, librariesBelow, run, unavailable } from "./debian/fetchPackages.ts";

/** Debian 12's, with what its security team has added. */
const version = "1:2.3.19.1+dfsg1-2.1+deb12u7";
const name = `dovecot-${version.replace(/[^\w.+-]/g, "_")}`;

process.exitCode = fetchDovecot(process.argv.includes("--cached"));

function fetchDovecot(cachedOnly: boolean): number {
  const there = look(join(cacheFolder, name));
  if (there !== undefined) return found(there);
  if (cachedOnly) return unavailable("Dovecot", "it is not fetched yet: node scripts/fetchDovecot.ts");
  const packages = [`dovecot-core=${version}`, `dovecot-imapd=${version}`] as const;
  const fetched = fetchPackages({ what: "Dovecot", size: "20 MB", packages, folderOf: () => name });
  if ("problem" in fetched) return unavailable("Dovecot", fetched.problem);
  const started = look(fetched.folder);
  return started === undefined ? unavailable("Dovecot", "it does not start") : found(started);
}

/** What is below `root`, as printed, if it starts. */
function look(root: string): string | undefined {
  const program = join(root, "usr/sbin/dovecot");
  if (!existsSync(program)) return undefined;
  const libraries = librariesBelow(root);
  const { status } = run(program, ["--version"], undefined, { LD_LIBRARY_PATH: libraries });
  return status === 0 ? JSON.stringify({ program, folder: join(root, "usr/lib/dovecot"), libraries }) : undefined;
}
