import { PersonaError } from "@persona-protocol/sdk/errors";
import {
  type ArchiveLimits,
  cancelled,
  createZipJudge,
  encrypted,
  notZip,
  type ZipEntry,
} from "@persona-protocol/sdk/ingest/archive";
import yauzl from "yauzl";

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
  const { entryCount, fileSize } = zip;
  // Before the first entry is read the cursor is the offset of the directory (typed wrongly as boolean).
  const judge = createZipJudge({ entryCount, fileSize, directoryOffset: Number(zip.readEntryCursor) }, limits);
  try {
    for await (const entry of zip.eachEntry()) {
      const abort = cancelled(signal);
      if (abort !== undefined) throw abort;
      judge.add({
        name: yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true),
        rawName: entry.fileNameRaw.toString("latin1"),
        flags: entry.generalPurposeBitFlag,
        method: entry.compressionMethod,
        crc32: entry.crc32,
        packedSize: entry.compressedSize,
        size: entry.uncompressedSize,
        externalAttributes: entry.externalFileAttributes,
        headerOffset: entry.relativeOffsetOfLocalHeader,
      });
    }
  } catch (error) {
    if (error instanceof PersonaError) throw error;
    const problem = error instanceof Error ? error.message : "the directory is damaged";
    throw problem.includes("encryption") ? encrypted() : notZip(problem, {}, error);
  }
  return judge.finish();
}
