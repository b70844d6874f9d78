import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { ArchiveReadOptions } from "@persona-protocol/sdk/ingest";
import { cancelled, hostile, tooLarge } from "@persona-protocol/sdk/ingest/archive";
import { fileError } from "./fileError.ts";

const readBytes = 256 * 1024;

type FileBytesOptions = ArchiveReadOptions & {
  /** What errors call it. */
  readonly name: string;
  readonly start?: number;
  /** Who asks has done with a piece when it asks for the next: all are read into the same memory. */
  readonly reused: boolean;
};

/**
 * The bytes of a file from `start` on, each piece a buffer of its own unless it is `reused`.
 *
 * Errors: `ARCHIVE_NOT_FOUND`, `ARCHIVE_TOO_LARGE`, `ARCHIVE_HOSTILE` for anything but a regular file, `CANCELLED`.
 */
export async function* fileBytes(
  path: string,
  { name, maxBytes, signal, start = 0, reused }: FileBytesOptions,
): AsyncGenerator<Uint8Array> {
  // NOFOLLOW and NONBLOCK: the file may have been exchanged for a link or a pipe since it was looked at.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch((error: unknown) => {
    throw fileError(error, name);
  });
  try {
    if (!(await handle.stat()).isFile()) throw hostile("it holds a device or a pipe", { name });
    let piece = Buffer.allocUnsafeSlow(readBytes);
    for (let size = 0; ; ) {
      const abort = cancelled(signal);
      if (abort !== undefined) throw abort;
      const { bytesRead } = await handle.read(piece, 0, piece.length, start + size);
      if (bytesRead === 0) return;
      size += bytesRead;
      if (size > maxBytes) throw tooLarge("a file is larger than the limit", { name, maxBytes });
      yield piece.subarray(0, bytesRead);
      if (!reused) piece = Buffer.allocUnsafeSlow(readBytes);
    }
  } catch (error) {
    throw fileError(error, name);
  } finally {
    await handle.close();
  }
}
