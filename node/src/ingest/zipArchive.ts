import { type FileHandle, open } from "node:fs/promises";
import { crc32, createInflateRaw } from "node:zlib";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { ArchiveReadOptions } from "@persona-protocol/sdk/ingest";
import yauzl from "yauzl";
import { cancelled, fileError, hostile, notZip, tooLarge } from "./archiveErrors.ts";
import {
  type ArchiveLimits,
  defaultArchiveLimits,
  type OpenArchive,
  type OpenArchiveOptions,
} from "./archiveLimits.ts";
import { FileReader } from "./fileReader.ts";
import { inflate, inflateBytes } from "./inflate.ts";
import { readZipDirectory, type ZipEntry } from "./zipDirectory.ts";

const readBytes = 64 * 1024;

/**
 * Opens a zip (also zip64) that somebody else may have made. Everything the directory says is judged here, everything the
 * data says while it is read: nothing is unpacked to disk, and no file is ever whole in memory.
 *
 * Errors: `ARCHIVE_NOT_FOUND`, `ARCHIVE_NOT_ZIP` (no zip, cut off, damaged), `ARCHIVE_ENCRYPTED`, `ARCHIVE_TOO_LARGE`,
 * `ARCHIVE_HOSTILE`, `CANCELLED`; reading adds what is wrong with that file.
 */
export async function openZipArchive(path: string, options: OpenArchiveOptions = {}): Promise<OpenArchive> {
  const limits = { ...defaultArchiveLimits, ...options.limits };
  const { signal } = options;
  const abort = cancelled(signal);
  if (abort !== undefined) throw abort;
  const handle = await open(path, "r").catch((error: unknown) => {
    throw fileError(error, path);
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw notZip("it is a folder or a device, not a file", { path });
    const zip = await openDirectory(handle, stats.size);
    const files = await readZipDirectory(zip, limits, signal);
    return archive(handle, zip, files, limits);
  } catch (error) {
    await handle.close();
    throw fileError(error, path);
  }
}

async function openDirectory(handle: FileHandle, size: number): Promise<yauzl.ZipFile> {
  const options = { autoClose: false, decodeStrings: false, validateEntrySizes: false, lazyEntries: true } as const;
  try {
    return await yauzl.fromRandomAccessReaderPromise(new FileReader(handle), size, options);
  } catch (error) {
    throw notZip(error instanceof Error ? error.message : "unknown problem", { bytes: size }, error);
  }
}

function archive(
  handle: FileHandle,
  zip: yauzl.ZipFile,
  files: ReadonlyMap<string, ZipEntry>,
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
    const dataStart = await findData(zip, entry);
    const packed = packedBytes(handle, dataStart, entry, signal);
    let size = 0;
    let crc = 0;
    for await (const chunk of entry.method === 8 ? inflated(packed, entry) : packed) {
      const abort = cancelled(signal);
      if (abort !== undefined) throw abort;
      size += chunk.length;
      // Declared size and ratio were judged when the archive was opened; holding the data to the declared size is enough.
      if (size > entry.size) throw hostile("a file is longer than it declares", { name: path, bytes: entry.size });
      handedOut += chunk.length;
      if (handedOut > limits.maxTotalBytes) {
        throw tooLarge("its files together are larger than the limit", { maxTotalBytes: limits.maxTotalBytes });
      }
      crc = crc32(chunk, crc);
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
      zip.close();
      await handle.close();
    },
  };
}

/** Offset of the file's data, after its local header has been held against the directory. */
async function findData(zip: yauzl.ZipFile, entry: ZipEntry): Promise<number> {
  const wanted = new yauzl.Entry();
  wanted.relativeOffsetOfLocalHeader = entry.headerOffset;
  wanted.compressedSize = entry.packedSize;
  const local = await zip.readLocalFileHeaderPromise(wanted).catch((error: unknown) => {
    throw notZip(error instanceof Error ? error.message : "a file is damaged", { name: entry.path }, error);
  });
  const sizesFollow = (local.generalPurposeBitFlag & 0x8) !== 0;
  const agrees = (got: number, declared: number): boolean => sizesFollow || got === 0xffffffff || got === declared;
  if ((local.generalPurposeBitFlag & 0x1) !== 0) {
    throw new PersonaError("ARCHIVE_ENCRYPTED", "The archive is protected by a password.");
  }
  if (
    local.fileName.toString("latin1") !== entry.rawName ||
    local.compressionMethod !== entry.method ||
    !agrees(local.compressedSize, entry.packedSize) ||
    !agrees(local.uncompressedSize, entry.size)
  ) {
    throw hostile("a file's own header says something else than the directory", { name: entry.path });
  }
  if (local.fileDataStart + entry.packedSize > entry.regionEnd) {
    throw hostile("two of its files share the same bytes", { name: entry.path });
  }
  return local.fileDataStart;
}

async function* packedBytes(
  handle: FileHandle,
  start: number,
  entry: ZipEntry,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < entry.packedSize; ) {
    const abort = cancelled(signal);
    if (abort !== undefined) throw abort;
    const piece = Buffer.allocUnsafe(Math.min(readBytes, entry.packedSize - done));
    const { bytesRead } = await handle.read(piece, 0, piece.length, start + done).catch((error: unknown) => {
      throw fileError(error, entry.path);
    });
    if (bytesRead === 0) throw notZip("the file became shorter while it was read", { name: entry.path });
    done += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

async function* inflated(packed: AsyncIterable<Uint8Array>, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const inflater = createInflateRaw({ chunkSize: inflateBytes });
  yield* inflate(packed, inflater, entry.path);
  if (inflater.bytesWritten !== entry.packedSize)
    throw hostile("a file hides data behind its end", { name: entry.path });
}
