import { PersonaError } from "../../errors/index.ts";
import type { ArchiveReadOptions } from "../connector.ts";
import { cancelled, encrypted, hostile, notZip, tooLarge } from "./archiveErrors.ts";
import type { ArchiveLimits, OpenArchive } from "./archiveLimits.ts";

/** One file of a zip, as the central directory declares it, judged. */
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

/** What stands before a file's data, and where the data begins. */
export type LocalZipHeader = {
  readonly flags: number;
  readonly method: number;
  readonly packedSize: number;
  readonly size: number;
  readonly rawName: string;
  readonly dataOffset: number;
};

export type ZipReader = {
  /** Errors: `ARCHIVE_NOT_ZIP` where there is none. */
  readonly localHeader: (entry: ZipEntry) => Promise<LocalZipHeader>;
  /** The file's bytes, unpacked where `entry.method` is 8, in pieces. Its data begins at `dataOffset`. */
  readonly unpack: (entry: ZipEntry, dataOffset: number, signal: AbortSignal | undefined) => AsyncIterable<Uint8Array>;
  /** The sum goes on from `before`. */
  readonly crc32: (bytes: Uint8Array, before: number) => number;
  readonly close: () => Promise<void>;
};

/** The files of a zip whose directory was judged, each held while it is read to what the directory says of it. */
export function createZipFiles(
  files: ReadonlyMap<string, ZipEntry>,
  reader: ZipReader,
  limits: ArchiveLimits,
): OpenArchive {
  const entries = [...files.values()].map(({ path, size }) => ({ path, size }));
  let handedOut = 0;
  let closed = false;

  async function* read(path: string, { maxBytes, signal }: ArchiveReadOptions): AsyncGenerator<Uint8Array> {
    const entry = files.get(path);
    if (entry === undefined || closed)
      throw new PersonaError("INTERNAL", "Asked an archive for a file it does not hold.");
    if (entry.size > maxBytes) {
      throw tooLarge("a file is larger than the limit", { name: path, bytes: entry.size, maxBytes });
    }
    if (entry.method !== 0 && entry.method !== 8) {
      throw notZip(`a file is packed in a way that is not supported (method ${entry.method})`, { name: path });
    }
    const local = await reader.localHeader(entry);
    checkLocalHeader(entry, local);
    let size = 0;
    let crc = 0;
    for await (const chunk of reader.unpack(entry, local.dataOffset, signal)) {
      const abort = cancelled(signal);
      if (abort !== undefined) throw abort;
      size += chunk.length;
      // Declared size and ratio were judged when the archive was opened; holding the data to the declared size is enough.
      if (size > entry.size) throw hostile("a file is longer than it declares", { name: path, bytes: entry.size });
      handedOut += chunk.length;
      if (handedOut > limits.maxTotalBytes) {
        throw tooLarge("its files together are larger than the limit", { maxTotalBytes: limits.maxTotalBytes });
      }
      crc = reader.crc32(chunk, crc);
      yield chunk;
    }
    if (size !== entry.size)
      throw hostile("a file is shorter than it declares", { name: path, bytes: entry.size, got: size });
    if (crc !== entry.crc32) throw notZip("a file is damaged (its checksum is wrong)", { name: path });
  }

  return {
    entries: () => entries,
    read,
    async close() {
      if (closed) return;
      closed = true;
      await reader.close();
    },
  };
}

function checkLocalHeader(entry: ZipEntry, local: LocalZipHeader): void {
  const sizesFollow = (local.flags & 0x8) !== 0;
  const agrees = (got: number, declared: number): boolean => sizesFollow || got === 0xffffffff || got === declared;
  if ((local.flags & 0x1) !== 0) throw encrypted();
  if (
    local.rawName !== entry.rawName ||
    local.method !== entry.method ||
    !agrees(local.packedSize, entry.packedSize) ||
    !agrees(local.size, entry.size)
  ) {
    throw hostile("a file's own header says something else than the directory", { name: entry.path });
  }
  if (local.dataOffset + entry.packedSize > entry.regionEnd) {
    throw hostile("two of its files share the same bytes", { name: entry.path });
  }
}
