import { stat } from "node:fs/promises";
import { fileError } from "./archiveErrors.ts";
import type { OpenArchive, OpenArchiveOptions } from "./archiveLimits.ts";
import { openDirectoryArchive } from "./directoryArchive.ts";
import { openZipArchive } from "./zipArchive.ts";

/** What a person gives as "my archive": the zip as it came, or the folder it was unpacked to. Errors: of both. */
export async function openArchive(path: string, options: OpenArchiveOptions = {}): Promise<OpenArchive> {
  const stats = await stat(path).catch((error: unknown) => {
    throw fileError(error, path);
  });
  return stats.isDirectory() ? openDirectoryArchive(path, options) : openZipArchive(path, options);
}
