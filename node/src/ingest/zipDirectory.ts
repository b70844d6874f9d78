import { PersonaError } from "@persona-protocol/sdk/errors";
import yauzl from "yauzl";
import { cancelled, hostile, notZip, tooLarge } from "./archiveErrors.ts";
import type { ArchiveLimits } from "./archiveLimits.ts";
import { entryPath } from "./entryPath.ts";

/** One file of a zip, as the central directory declares it. */
export type ZipEntry = {
  readonly path: string;
  /** Bytes after unpacking. */
  readonly size: number;
  readonly packedSize: number;
  /** 0 stored, 8 deflated; others are listed but cannot be read. */
  readonly method: number;
  readonly crc32: number;
  readonly headerOffset: number;
  /** The name's own bytes, one a character: the local header must repeat them. */
  readonly rawName: string;
  /** Where the next entry or the central directory begins; this one's data must end before. */
  readonly regionEnd: number;
};

/** Below this an entry is no bomb, whatever its ratio. */
const ratioFloorBytes = 2 ** 20;
const ratioFloorTotalBytes = 64 * 2 ** 20;

/**
 * Reads and judges the whole central directory; no file is opened.
 *
 * Errors: `ARCHIVE_NOT_ZIP`, `ARCHIVE_ENCRYPTED`, `ARCHIVE_TOO_LARGE` (an entry), `ARCHIVE_HOSTILE`: too many entries, a
 * path that leads outside, a link or device, two entries of one name, entries that share bytes, a ratio no export has.
 */
export async function readZipDirectory(
  zip: yauzl.ZipFile,
  limits: ArchiveLimits,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, ZipEntry>> {
  // Before the first entry is read the cursor is the offset of the directory (typed wrongly as boolean).
  const directoryOffset = Number(zip.readEntryCursor);
  if (zip.entryCount > limits.maxEntries) {
    throw hostile("it holds more files than any real export", {
      entries: zip.entryCount,
      maxEntries: limits.maxEntries,
    });
  }
  const entries: (Omit<ZipEntry, "regionEnd"> & { readonly leastEnd: number })[] = [];
  let total = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      const abort = cancelled(signal);
      if (abort !== undefined) throw abort;
      const name = yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
      if (entry.isEncrypted() || entry.compressionMethod === 99) {
        throw new PersonaError("ARCHIVE_ENCRYPTED", "The archive is protected by a password.");
      }
      checkKind(entry, name);
      checkSize(entry, name, limits);
      total += entry.uncompressedSize;
      entries.push({
        path: entryPath(name),
        size: entry.uncompressedSize,
        packedSize: entry.compressedSize,
        method: entry.compressionMethod,
        crc32: entry.crc32,
        headerOffset: entry.relativeOffsetOfLocalHeader,
        rawName: entry.fileNameRaw.toString("latin1"),
        leastEnd: entry.relativeOffsetOfLocalHeader + 30 + entry.fileNameLength + entry.compressedSize,
      });
    }
  } catch (error) {
    if (error instanceof PersonaError) throw error;
    const problem = error instanceof Error ? error.message : "the directory is damaged";
    if (problem.includes("encryption"))
      throw new PersonaError("ARCHIVE_ENCRYPTED", "The archive is protected by a password.");
    throw notZip(problem, {}, error);
  }
  if (total > ratioFloorTotalBytes && total > zip.fileSize * limits.maxRatio) {
    throw hostile("it unpacks to far more than any real export", { bytes: total, packedBytes: zip.fileSize });
  }
  return byPath(entries, directoryOffset);
}

/** Entries by path, folders left out, each with the end of its region. */
function byPath(
  entries: readonly (Omit<ZipEntry, "regionEnd"> & { readonly leastEnd: number })[],
  directoryOffset: number,
): ReadonlyMap<string, ZipEntry> {
  const inFile = [...entries].sort((a, b) => a.headerOffset - b.headerOffset);
  const regionEnds = new Map<object, number>();
  for (const [index, entry] of inFile.entries()) {
    const regionEnd = inFile[index + 1]?.headerOffset ?? directoryOffset;
    // The local header may be longer than the directory tells; that is checked when the file is read.
    if (entry.leastEnd > regionEnd) throw hostile("two of its files share the same bytes", { name: entry.path });
    regionEnds.set(entry, regionEnd);
  }
  const files = new Map<string, ZipEntry>();
  const seen = new Set<string>();
  for (const entry of entries) {
    const isFolder = entry.rawName.endsWith("/");
    if (isFolder && entry.size > 0) throw hostile("a folder holds data", { name: entry.path });
    if (seen.has(entry.path)) throw hostile("two files have the same name", { name: entry.path });
    seen.add(entry.path);
    if (isFolder) continue;
    const { leastEnd: _, ...file } = entry;
    files.set(entry.path, { ...file, regionEnd: regionEnds.get(entry) ?? directoryOffset });
  }
  return files;
}

/** Unix file types in the upper half of the external attributes: 0 (made elsewhere), a regular file, a folder. */
function checkKind(entry: yauzl.Entry, name: string): void {
  const kind = (entry.externalFileAttributes >>> 16) & 0o170000;
  if (kind === 0o120000) throw hostile("it holds a symbolic link", { name });
  if (kind !== 0 && kind !== 0o100000 && kind !== 0o040000) throw hostile("it holds a device or a pipe", { name });
}

function checkSize(entry: yauzl.Entry, name: string, limits: ArchiveLimits): void {
  const { uncompressedSize: size, compressedSize: packedSize } = entry;
  if (size > limits.maxEntryBytes) {
    throw tooLarge("a file is larger than the limit", { name, bytes: size, maxEntryBytes: limits.maxEntryBytes });
  }
  if (!Number.isSafeInteger(packedSize)) throw hostile("a file has an impossible size", { name });
  if (entry.compressionMethod === 0 && size !== packedSize) throw hostile("a file lies about its size", { name });
  if (size > ratioFloorBytes && size > packedSize * limits.maxRatio) {
    throw hostile("a file unpacks to far more than any real export", { name, bytes: size, packedBytes: packedSize });
  }
}
