/** What makes two measurements of writing comparable: both begin with the same disk and the same memory. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";

const MIB = 2 ** 20;

/**
 * Nothing is left to be written back, and the memory that files will fill is at hand. A virtual machine returns memory that has been
 * free for two seconds to its host, and to get a page back costs five times what writing it costs (0.4 and 2 to 4 s of processor time
 * a GiB here): so whoever wrote just after a large file was removed was that much faster. Here each writes just after one was. On a
 * machine so busy that a gibibyte takes many seconds, the memory is gone again before it is written to.
 *
 * @param folder on the disk that is measured
 */
export function sameStart(folder: string, bytes: number): void {
  const path = join(folder, "same-start");
  const piece = new Uint8Array(MIB);
  const file = openSync(path, "wx");
  for (let at = 0; at < bytes * 1.25; at += piece.length) writeSync(file, piece);
  closeSync(file);
  const { status, error } = spawnSync("sync");
  if (status !== 0) throw new Error("the disk cannot be synced", { cause: error });
  unlinkSync(path);
}
