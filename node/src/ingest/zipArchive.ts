import { type FileHandle, open } from "node:fs/promises";
import { crc32, createInflateRaw } from "node:zlib";
import {
  cancelled,
  createZipFiles,
  defaultArchiveLimits,
  hostile,
  type LocalZipHeader,
  notZip,
  type OpenArchive,
  type OpenArchiveOptions,
  type ZipEntry,
} from "@persona-protocol/sdk/ingest/archive";
import yauzl from "yauzl";
import { fileError } from "./fileError.ts";
import { FileReader } from "./fileReader.ts";
import { inflate, inflateBytes } from "./inflate.ts";
import { readZipDirectory } from "./zipDirectory.ts";

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
    const reader = {
      localHeader: (entry: ZipEntry) => localHeader(zip, entry),
      unpack(entry: ZipEntry, dataOffset: number, signal: AbortSignal | undefined) {
        const packed = packedBytes(handle, dataOffset, entry, signal);
        return entry.method === 8 ? inflated(packed, entry) : packed;
      },
      crc32,
      async close() {
        zip.close();
        await handle.close();
      },
    };
    return createZipFiles(files, reader, limits);
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

async function localHeader(zip: yauzl.ZipFile, entry: ZipEntry): Promise<LocalZipHeader> {
  const wanted = new yauzl.Entry();
  wanted.relativeOffsetOfLocalHeader = entry.headerOffset;
  wanted.compressedSize = entry.packedSize;
  const local = await zip.readLocalFileHeaderPromise(wanted).catch((error: unknown) => {
    throw notZip(error instanceof Error ? error.message : "a file is damaged", { name: entry.path }, error);
  });
  return {
    flags: local.generalPurposeBitFlag,
    method: local.compressionMethod,
    packedSize: local.compressedSize,
    size: local.uncompressedSize,
    rawName: local.fileName.toString("latin1"),
    dataOffset: local.fileDataStart,
  };
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
