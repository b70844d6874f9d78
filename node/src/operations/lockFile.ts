import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** What SQLite says where another one holds the lock. */
const busy = 5;

/**
 * Takes a lock that ends with the process, however it ends: the kernel's, on an empty database, for Node has no other way to one. The
 * file stays where it is: whoever removed it would let two in. Throws the system's error where the file cannot be made.
 * @returns undefined while another holds it, in this process too
 */
export function lockFile(path: string): { release(): void } | undefined {
  create(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === busy) return undefined;
    throw error;
  }
  return { release: () => database.close() };
}

/** For its owner alone. One that is there is not opened here: whoever closes a file lets go of all locks that the process has on it. */
function create(path: string): void {
  try {
    closeSync(openSync(path, "ax", 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}
