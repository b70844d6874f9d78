import { open, realpath, stat } from "node:fs/promises";
import { basename } from "node:path";
import { createGunzip } from "node:zlib";
import {
  defaultArchiveLimits,
  fileName,
  type OpenArchive,
  type OpenArchiveOptions,
  openStream,
} from "@persona-protocol/sdk/ingest/archive";
import { fileBytes } from "./fileBytes.ts";
import { fileError } from "./fileError.ts";
import { inflate, inflateBytes } from "./inflate.ts";

/**
 * A file that is no zip: a tar, packed by gzip or not, or one file by itself (a mailbox, a statement), packed or not. It is read
 * through once, to know what it holds; nothing is unpacked to disk.
 *
 * Errors: `ARCHIVE_NOT_FOUND`, `ARCHIVE_NOT_ZIP` (damaged, cut off), `ARCHIVE_TOO_LARGE`, `ARCHIVE_HOSTILE`, `CANCELLED`.
 */
export async function openStreamedFile(path: string, options: OpenArchiveOptions = {}): Promise<OpenArchive> {
  const limits = { ...defaultArchiveLimits, ...options.limits };
  // A link is followed here and nowhere else: the person named it.
  const file = await realpath(path).catch((error: unknown) => {
    throw fileError(error, path);
  });
  const { size: packedSize } = await stat(file);
  const packed = await isGzip(file);
  const name = fileName(basename(path), { packed: false });
  const bytes = (start: number, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> => {
    const raw = fileBytes(file, {
      name,
      maxBytes: Number.POSITIVE_INFINITY,
      signal,
      start: packed ? 0 : start,
      // What unpacks asks for more than it has taken.
      reused: !packed,
    });
    return packed ? inflate(raw, createGunzip({ chunkSize: inflateBytes }), name) : raw;
  };
  const plainName = fileName(basename(path), { packed });
  return openStream({ name: plainName, packedSize, packed, open: bytes }, limits, options.signal);
}

async function isGzip(path: string): Promise<boolean> {
  const handle = await open(path, "r").catch((error: unknown) => {
    throw fileError(error, path);
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(3), 0, 3, 0);
    return bytesRead === 3 && buffer[0] === 0x1f && buffer[1] === 0x8b && buffer[2] === 8;
  } catch (error) {
    throw fileError(error, path);
  } finally {
    await handle.close();
  }
}
