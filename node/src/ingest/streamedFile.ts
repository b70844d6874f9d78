import { open, realpath, stat } from "node:fs/promises";
import { basename } from "node:path";
import { createGunzip } from "node:zlib";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { ArchiveReadOptions } from "@persona-protocol/sdk/ingest";
import { cancelled, fileError, hostile, tooLarge } from "./archiveErrors.ts";
import {
  type ArchiveLimits,
  defaultArchiveLimits,
  type OpenArchive,
  type OpenArchiveOptions,
} from "./archiveLimits.ts";
import { entryPath } from "./entryPath.ts";
import { fileBytes } from "./fileBytes.ts";
import { inflate, inflateBytes } from "./inflate.ts";
import { createStreamCursor } from "./streamCursor.ts";
import { createTarIndex, isTar, type TarEntry } from "./tarIndex.ts";

/** A ratio says nothing of less than this. */
const ratioFrom = 2 ** 20;

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
  const name = entryPath(basename(path).replaceAll(/[\\:\p{Cc}]/gu, "_"));
  const stream = (start: number, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> => {
    const raw = fileBytes(file, { name, maxBytes: Number.POSITIVE_INFINITY, signal, start: packed ? 0 : start });
    return packed ? inflate(raw, createGunzip({ chunkSize: inflateBytes }), name) : raw;
  };
  const plainName = packed ? name.replace(/\.gz$/i, "") || "file" : name;
  const entries = await indexOf(stream(0, options.signal), { limits, packedSize, packed, name: plainName, options });
  return archive(entries, stream, { packed, limits });
}

type Stream = (start: number, signal: AbortSignal | undefined) => AsyncIterable<Uint8Array>;

async function indexOf(
  bytes: AsyncIterable<Uint8Array>,
  {
    limits,
    packedSize,
    packed,
    name,
    options,
  }: { limits: ArchiveLimits; packedSize: number; packed: boolean; name: string; options: OpenArchiveOptions },
): Promise<ReadonlyMap<string, TarEntry>> {
  const tar = createTarIndex(limits);
  let kind: "tar" | "file" | undefined;
  let head = Buffer.alloc(0);
  let size = 0;
  for await (const piece of bytes) {
    const abort = cancelled(options.signal);
    if (abort !== undefined) throw abort;
    size += piece.length;
    if (packed && size > ratioFrom && size > packedSize * limits.maxRatio) {
      throw hostile("it unpacks to far more than any real export", { name, maxRatio: limits.maxRatio });
    }
    if (kind === undefined) {
      head = Buffer.concat([head, piece]);
      if (head.length < 512) continue;
      kind = isTar(head) ? "tar" : "file";
      if (kind === "tar") tar.add(head);
    } else if (kind === "tar") tar.add(piece);
    if (kind === "file" && size > limits.maxEntryBytes) {
      throw tooLarge("a file is larger than the limit", { name, maxEntryBytes: limits.maxEntryBytes });
    }
    // What is not packed and no tar needs no reading to know its size.
    if (kind === "file" && !packed) return new Map([[name, oneFile(name, packedSize, limits)]]);
  }
  return kind === "tar" ? tar.finish() : new Map([[name, oneFile(name, size, limits)]]);
}

function oneFile(path: string, size: number, { maxEntryBytes }: ArchiveLimits): TarEntry {
  if (size > maxEntryBytes)
    throw tooLarge("a file is larger than the limit", { name: path, bytes: size, maxEntryBytes });
  return { path, size, offset: 0 };
}

function archive(
  files: ReadonlyMap<string, TarEntry>,
  stream: Stream,
  { packed, limits }: { readonly packed: boolean; readonly limits: ArchiveLimits },
): OpenArchive {
  const entries = [...files.values()].map(({ path, size }) => ({ path, size }));
  const cursor = createStreamCursor(stream, { forwardOnly: packed });
  let handedOut = 0;

  async function* read(path: string, { maxBytes, signal }: ArchiveReadOptions): AsyncGenerator<Uint8Array> {
    const entry = files.get(path);
    if (entry === undefined) throw new PersonaError("INTERNAL", "Asked an archive for a file it does not hold.");
    const { size, offset } = entry;
    if (size > maxBytes) throw tooLarge("a file is larger than the limit", { name: path, bytes: size, maxBytes });
    for await (const piece of cursor.read(offset, size, signal)) {
      // The stream may have been opened for another reader, with another signal.
      const abort = cancelled(signal);
      if (abort !== undefined) throw abort;
      handedOut += piece.length;
      if (handedOut > limits.maxTotalBytes) {
        throw tooLarge("its files together are larger than the limit", { maxTotalBytes: limits.maxTotalBytes });
      }
      yield piece;
    }
  }

  return { entries: () => entries, read, close: () => cursor.close() };
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
