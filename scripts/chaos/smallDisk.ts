import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, renameSync, rmSync } from "node:fs";

const sizeMb = 16;

/** May this process mount a file system? Who is not root asks `inOwnNamespace` first. */
export const canMount = (): boolean => process.getuid?.() === 0;

/**
 * Puts a small disk in memory under a folder, with what was in it: when it is full it says ENOSPC, as any disk does.
 * @returns what takes the disk away, with all that is on it
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
  return () => void spawnSync("umount", ["-l", folder]);
}

/** Where only root may mount: runs the same command again as root of a user and mount namespace of its own. @returns its exit code */
export function inOwnNamespace(argv: readonly string[]): number {
  const { status } = spawnSync("unshare", ["--user", "--map-root-user", "--mount", process.execPath, ...argv], {
    stdio: "inherit",
  });
  return status ?? 1;
}
