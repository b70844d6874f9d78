import { encrypted, hostile, tooLarge } from "./archiveErrors.ts";
import type { ArchiveLimits } from "./archiveLimits.ts";
import { entryPath } from "./entryPath.ts";
import type { ZipEntry } from "./zipFiles.ts";

/** An entry as the central directory writes it, zip64 fields already in place. */
export type DeclaredZipEntry = {
  /** Decoded: UTF-8 or code page 437, or Info-ZIP's Unicode path. */
  readonly name: string;
  /** Its own bytes, one a character. */
  readonly rawName: string;
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly packedSize: number;
  readonly size: number;
  /** Unix mode in the upper half. */
  readonly externalAttributes: number;
  readonly headerOffset: number;
};

export type ZipJudge = {
  /** Errors: `ARCHIVE_ENCRYPTED`, `ARCHIVE_TOO_LARGE`, `ARCHIVE_HOSTILE` (a path that leads outside, a link or device, a ratio no export has). */
  add(entry: DeclaredZipEntry): void;
  /** The files by path, folders left out. Errors: `ARCHIVE_HOSTILE` for two entries of one name, entries that share bytes, a ratio no export has. */
  finish(): ReadonlyMap<string, ZipEntry>;
};

type Candidate = Omit<ZipEntry, "regionEnd"> & { readonly leastEnd: number };

/** Below this an entry is no bomb, whatever its ratio. */
const ratioFloorBytes = 2 ** 20;
const ratioFloorTotalBytes = 64 * 2 ** 20;

/**
 * Judges a zip's central directory, entry by entry; no file is opened.
 *
 * Errors: `ARCHIVE_HOSTILE` for more entries than any export.
 */
export function createZipJudge(
  zip: { readonly entryCount: number; readonly directoryOffset: number; readonly fileSize: number },
  limits: ArchiveLimits,
): ZipJudge {
  const { entryCount, directoryOffset, fileSize } = zip;
  if (entryCount > limits.maxEntries) {
    throw hostile("it holds more files than any real export", { entries: entryCount, maxEntries: limits.maxEntries });
  }
  const entries: Candidate[] = [];
  let total = 0;
  return {
    add(entry) {
      if ((entry.flags & 0x41) !== 0 || entry.method === 99) throw encrypted();
      checkKind(entry);
      checkSize(entry, limits);
      total += entry.size;
      const { rawName, headerOffset, packedSize } = entry;
      entries.push({
        path: entryPath(entry.name),
        size: entry.size,
        packedSize,
        method: entry.method,
        crc32: entry.crc32,
        headerOffset,
        rawName,
        leastEnd: headerOffset + 30 + rawName.length + packedSize,
      });
    },
    finish() {
      if (total > ratioFloorTotalBytes && total > fileSize * limits.maxRatio) {
        throw hostile("it unpacks to far more than any real export", { bytes: total, packedBytes: fileSize });
      }
      return byPath(entries, directoryOffset);
    },
  };
}

/** Entries by path, folders left out, each with the end of its region. */
function byPath(entries: readonly Candidate[], directoryOffset: number): ReadonlyMap<string, ZipEntry> {
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
function checkKind({ externalAttributes, name }: DeclaredZipEntry): void {
  const kind = (externalAttributes >>> 16) & 0o170000;
  if (kind === 0o120000) throw hostile("it holds a symbolic link", { name });
  if (kind !== 0 && kind !== 0o100000 && kind !== 0o040000) throw hostile("it holds a device or a pipe", { name });
}

function checkSize({ size, packedSize, method, name }: DeclaredZipEntry, limits: ArchiveLimits): void {
  if (size > limits.maxEntryBytes) {
    throw tooLarge("a file is larger than the limit", { name, bytes: size, maxEntryBytes: limits.maxEntryBytes });
  }
  if (!Number.isSafeInteger(packedSize)) throw hostile("a file has an impossible size", { name });
  if (method === 0 && size !== packedSize) throw hostile("a file lies about its size", { name });
  if (size > ratioFloorBytes && size > packedSize * limits.maxRatio) {
    throw hostile("a file unpacks to far more than any real export", { name, bytes: size, packedBytes: packedSize });
  }
}
