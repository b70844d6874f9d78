import { PersonaError } from "../../errors/index.ts";
import type { ArchiveReadOptions } from "../connector.ts";
import { cancelled, hostile, tooLarge } from "./archiveErrors.ts";
import type { ArchiveLimits, OpenArchive } from "./archiveLimits.ts";
import { createStreamCursor } from "./streamCursor.ts";
import { createTarIndex, isTar, type TarEntry } from "./tarIndex.ts";

/** A ratio says nothing of less than this. */
const ratioFrom = 2 ** 20;
/** A tar's header: what tells it from a file. */
const headBytes = 512;

/** So often a packed archive may be unpacked from its beginning, in all. */
const maxRounds = 16;
/** A file of at most so many bytes waits for a second read. */
const keptBytes = 4 * 2 ** 20;

export type StreamSource = {
  /** Of the file, when it is one by itself; without `.gz`. */
  readonly name: string;
  /** Bytes as they lie in the file. */
  readonly packedSize: number;
  /** By gzip: the stream can only be opened at its beginning. */
  readonly packed: boolean;
  /** The bytes, unpacked, from `start` on (0 when it is packed). */
  readonly open: (start: number, signal: AbortSignal | undefined) => AsyncIterable<Uint8Array>;
};

/**
 * Bytes that are no zip: a tar, packed or not, or one file by itself. A packed one and a tar are read through once, to know
 * what they hold.
 *
 * Errors: `ARCHIVE_NOT_ZIP` (damaged, cut off), `ARCHIVE_TOO_LARGE`, `ARCHIVE_HOSTILE`, `CANCELLED`, and those of the stream.
 */
export async function openStream(
  source: StreamSource,
  limits: ArchiveLimits,
  signal: AbortSignal | undefined,
): Promise<OpenArchive> {
  const files = await indexOf(source, limits, signal);
  const entries = [...files.values()].map(({ path, size }) => ({ path, size }));
  const { packed, open } = source;
  const whole = entries.reduce((sum, { size }) => sum + size, 0);
  const mostUnpacked = Math.max(limits.maxTotalBytes, maxRounds * whole);
  let unpacked = 0;
  const cursor = createStreamCursor(open, {
    forwardOnly: packed,
    onBytes(count) {
      unpacked += count;
      // Each step back begins anew at the first byte: many small files behind a large one would be read for days.
      if (packed && unpacked > mostUnpacked) {
        throw tooLarge("its files lie so that all of it is unpacked again for most of them", {
          maxBytes: mostUnpacked,
        });
      }
    },
  });
  let handedOut = 0;
  /** Many connectors read a file twice: a small one is not unpacked twice for it. */
  let last: { readonly path: string; readonly bytes: Uint8Array } | undefined;

  async function* read(path: string, { maxBytes, signal }: ArchiveReadOptions): AsyncGenerator<Uint8Array> {
    const entry = files.get(path);
    if (entry === undefined) throw new PersonaError("INTERNAL", "Asked an archive for a file it does not hold.");
    const { size, offset } = entry;
    if (size > maxBytes) throw tooLarge("a file is larger than the limit", { name: path, bytes: size, maxBytes });
    const isKept = packed && size <= keptBytes;
    const copy = isKept && last?.path !== path ? new Uint8Array(size) : undefined;
    let length = 0;
    const known = last?.path === path ? last.bytes : undefined;
    for await (const piece of known === undefined ? cursor.read(offset, size, signal) : [known.slice()]) {
      // The stream may have been opened for another reader, with another signal.
      const abort = cancelled(signal);
      if (abort !== undefined) throw abort;
      handedOut += piece.length;
      if (handedOut > limits.maxTotalBytes) {
        throw tooLarge("its files together are larger than the limit", { maxTotalBytes: limits.maxTotalBytes });
      }
      copy?.set(piece, length);
      length += piece.length;
      yield piece;
    }
    if (copy !== undefined) last = { path, bytes: copy };
  }

  return { entries: () => entries, read, close: () => cursor.close() };
}

async function indexOf(
  { name, packedSize, packed, open }: StreamSource,
  limits: ArchiveLimits,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, TarEntry>> {
  const tar = createTarIndex(limits);
  const head = new Uint8Array(headBytes);
  let kind: "tar" | "file" | undefined;
  let size = 0;
  for await (const piece of open(0, signal)) {
    const abort = cancelled(signal);
    if (abort !== undefined) throw abort;
    let rest = piece;
    if (kind === undefined) {
      rest = piece.subarray(headBytes - size);
      head.set(piece.subarray(0, headBytes - size), size);
    }
    size += piece.length;
    if (packed && size > ratioFrom && size > packedSize * limits.maxRatio) {
      throw hostile("it unpacks to far more than any real export", { name, maxRatio: limits.maxRatio });
    }
    if (kind === undefined && size < headBytes) continue;
    if (kind === undefined) {
      kind = isTar(head) ? "tar" : "file";
      if (kind === "tar") tar.add(head);
    }
    if (kind === "tar") tar.add(rest);
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
