import { closeSync, openSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { NodeConfig } from "../config/nodeConfig.ts";

/** A Unix socket's name may have no more bytes; a longer one is reached by its folder's handle. */
const maxSocketBytes = 107;

/** Where a daemon of this configuration is asked. */
export const adminSocketOf = ({ adminSocket, dataDir }: Pick<NodeConfig, "adminSocket" | "dataDir">): string =>
  adminSocket ?? join(dataDir, "admin.sock");

/** A name for the socket that is short enough, while it is open. Throws the system's error when its folder is not there. */
export function shortSocketPath(path: string): { readonly path: string; close(): void } {
  if (Buffer.byteLength(path) <= maxSocketBytes) return { path, close: () => {} };
  const folder = openSync(dirname(path), "r");
  return { path: `/proc/self/fd/${folder}/${basename(path)}`, close: () => closeSync(folder) };
}
