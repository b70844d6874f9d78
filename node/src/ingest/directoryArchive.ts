import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { ArchiveReadOptions } from "@persona-protocol/sdk/ingest";
import {
  cancelled,
  defaultArchiveLimits,
  entryPath,
  hostile,
  type OpenArchive,
  type OpenArchiveOptions,
  tooLarge,
} from "@persona-protocol/sdk/ingest/archive";
import { fileBytes } from "./fileBytes.ts";
import { fileError } from "./fileError.ts";

const maxFolders = 32;

/**
 * An export that was already unpacked. Symbolic links are refused, not followed: a link named `tweets.js` would import a
 * file of this machine.
 *
 * Errors: `ARCHIVE_NOT_FOUND`, `ARCHIVE_TOO_LARGE`, `ARCHIVE_HOSTILE`, `CANCELLED`.
 */
export async function openDirectoryArchive(path: string, options: OpenArchiveOptions = {}): Promise<OpenArchive> {
  const limits = { ...defaultArchiveLimits, ...options.limits };
  const files = new Map<string, number>();
  let seen = 0;

  async function walk(folder: string, depth: number): Promise<void> {
    if (depth > maxFolders) throw hostile("its folders are nested deeper than in any real export", { maxFolders });
    for await (const item of await opendir(join(path, folder))) {
      const abort = cancelled(options.signal);
      if (abort !== undefined) throw abort;
      seen += 1;
      if (seen > limits.maxEntries) {
        throw hostile("it holds more files than any real export", { maxEntries: limits.maxEntries });
      }
      const name = folder === "" ? item.name : `${folder}/${item.name}`;
      if (item.isSymbolicLink()) throw hostile("it holds a symbolic link", { name });
      if (item.isDirectory()) {
        await walk(name, depth + 1);
      } else if (item.isFile()) {
        const { size } = await lstat(join(path, name));
        if (size > limits.maxEntryBytes) {
          throw tooLarge("a file is larger than the limit", { name, bytes: size, maxEntryBytes: limits.maxEntryBytes });
        }
        files.set(entryPath(name), size);
      } else {
        throw hostile("it holds a device or a pipe", { name });
      }
    }
  }

  try {
    await walk("", 0);
  } catch (error) {
    throw fileError(error, path);
  }
  // The order of a folder differs from disk to disk, an import must not.
  const entries = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, size]) => ({ path: name, size }));
  let handedOut = 0;

  async function* read(name: string, { maxBytes, signal }: ArchiveReadOptions): AsyncGenerator<Uint8Array> {
    if (!files.has(name)) throw new PersonaError("INTERNAL", "Asked an archive for a file it does not hold.");
    for await (const piece of fileBytes(join(path, name), { name, maxBytes, signal, reused: true })) {
      handedOut += piece.length;
      if (handedOut > limits.maxTotalBytes) {
        throw tooLarge("its files together are larger than the limit", { maxTotalBytes: limits.maxTotalBytes });
      }
      yield piece;
    }
  }

  return { entries: () => entries, read, close: async () => {} };
}
