import { openSync, unlinkSync } from "node:fs";

/** Where a sandbox keeps files while it lives. */
export type DataFiles = {
  /** A new file for its user alone; the path reads it. */
  open(): { readonly fd: number; readonly path: string };
  /** A path at which there is nothing. */
  unused(): string;
};

/** All sandboxes without a file system of their own share this one: names in it must not be guessable or meet. */
const sharedFolder = "/dev/shm";

/** @param folder of a file system of this process's own; empty where there is none */
export function createDataFiles(folder: string): DataFiles {
  let count = 0;
  const unused = (): string => {
    if (folder === "") return `${sharedFolder}/persona-${random()}`;
    count += 1;
    return `${folder}/${count}.parquet`;
  };
  return {
    unused,
    open() {
      const path = unused();
      if (folder !== "") return { fd: openSync(path, "wx", 0o600), path };
      const fd = openSync(path, "wx+", 0o600);
      unlinkSync(path);
      return { fd, path: `/proc/self/fd/${fd}` };
    },
  };
}

/** Loaded only where it is needed: it costs as much as reading a small file a hundred times. */
const random = (): string => process.getBuiltinModule("node:crypto").randomUUID();
