import { open, stat } from "node:fs/promises";
import type { OpenArchive, OpenArchiveOptions } from "@persona-protocol/sdk/ingest/archive";
import { openDirectoryArchive } from "./directoryArchive.ts";
import { fileError } from "./fileError.ts";
import { openStreamedFile } from "./streamedFile.ts";
import { openZipArchive } from "./zipArchive.ts";

/**
 * What a person gives as "my export": a zip or tar as it came, the folder it was unpacked to, or a file by itself. What it is
 * is told by its first bytes; only a file that is called `.zip` is always taken for one.
 *
 * Errors: of all of them.
 */
export async function openArchive(path: string, options: OpenArchiveOptions = {}): Promise<OpenArchive> {
  const stats = await stat(path).catch((error: unknown) => {
    throw fileError(error, path);
  });
  if (stats.isDirectory()) return openDirectoryArchive(path, options);
  // A device or a pipe has no size and may never end: the zip reader refuses it by name.
  if (!stats.isFile() || (await isZip(path))) return openZipArchive(path, options);
  return openStreamedFile(path, options);
}

async function isZip(path: string): Promise<boolean> {
  if (/\.zip$/i.test(path)) return true;
  const handle = await open(path, "r").catch((error: unknown) => {
    throw fileError(error, path);
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    const magic = buffer.toString("latin1", 0, bytesRead);
    return magic === "PK\x03\x04" || magic === "PK\x05\x06" || magic === "PK\x07\x08";
  } catch (error) {
    throw fileError(error, path);
  } finally {
    await handle.close();
  }
}
