import { spawnSync } from "node:child_process";
import { cpSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const sizeMb = 16;
/** What makes a disk full. */
export const filler = ".filler";

const runs = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0;

/** May this process mount a file system? Tried: root of a container may not. Who may not asks `inOwnNamespace`. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "persona-disk-"));
  const can = runs("mount", ["-t", "tmpfs", "-o", "size=1m", "chaos", folder]);
  if (can) runs("umount", ["-l", folder]);
  rmSync(folder, { recursive: true, force: true });
  return can;
}

/** May it have a namespace of its own, in which it mounts what it wants? */
export const canHaveNamespace = (): boolean =>
  runs("unshare", [...namespaces, "mount", "-t", "tmpfs", "-o", "size=1m", "chaos", tmpdir()]);

const namespaces = ["--user", "--map-root-user", "--mount"] as const;

/**
 * Puts a small disk in memory under a folder, with what was in it: when it is full it says ENOSPC, as any disk does.
 * @returns what takes the disk away; what was on it is in the folder then, for who looks for the cause of something
 */
export function putOnSmallDisk(folder: string): () => void {
  const aside = `${folder}.aside`;
  renameSync(folder, aside);
  mkdirSync(folder, { mode: 0o700 });
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${sizeMb}m,mode=700`, "chaos", folder], {
    encoding: "utf8",
  });
  if (status !== 0) {
    rmSync(folder, { recursive: true });
    renameSync(aside, folder);
    throw new Error(`no disk of its own can be mounted at ${folder}: ${stderr.trim()}`);
  }
  cpSync(aside, folder, { recursive: true, preserveTimestamps: true });
  rmSync(aside, { recursive: true });
  return () => {
    rmSync(join(folder, filler), { force: true });
    cpSync(folder, aside, { recursive: true, preserveTimestamps: true, filter: (path) => !lstatSync(path).isSocket() });
    spawnSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true });
    renameSync(aside, folder);
  };
}

/** Where only root may mount: runs the same command again as root of a user and mount namespace of its own. @returns its exit code */
export function inOwnNamespace(argv: readonly string[]): number {
  const { status } = spawnSync("unshare", [...namespaces, process.execPath, ...argv], {
    stdio: "inherit",
  });
  return status ?? 1;
}
