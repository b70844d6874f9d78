import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { ArchiveReadOptions } from "@persona-protocol/sdk/ingest";
import { cancelled, hostile, tooLarge } from "@persona-protocol/sdk/ingest/archive";
import { fileError } from "./fileError.ts";

const readBytes = 256 * 1024;

/**
 * The bytes of a file from `start` on, each piece a buffer of its own. `name` is what errors call it.
 *
 * Errors: `ARCHIVE_NOT_FOUND`, `ARCHIVE_TOO_LARGE`, `ARCHIVE_HOSTILE` for anything but a regular file, `CANCELLED`.
 */
export async function* fileBytes(
  path: string,
  { name, maxBytes, signal, start = 0 }: ArchiveReadOptions & { readonly name: string; readonly start?: number },
): AsyncGenerator<Uint8Array> {
  // NOFOLLOW and NONBLOCK: the file may have been exchanged for a link or a pipe since it was looked at.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch((error: unknown) => {
    throw fileError(error, name);
  });
  try {
    if (!(await handle.stat()).isFile()) throw hostile("it holds a device or a pipe", { name });
    for (let size = 0; ; ) {
      const abort = cancelled(signal);
      if (abort !== undefined) throw abort;
      const piece = Buffer.allocUnsafeSlow(readBytes);
      const { bytesRead } = await handle.read(piece, 0, piece.length, start + size);
      if (bytesRead === 0) return;
      size += bytesRead;
      if (size > maxBytes) throw tooLarge("a file is larger than the limit", { name, maxBytes });
      yield piece.subarray(0, bytesRead);
    }
  } catch (error) {
    throw fileError(error, name);
  } finally {
    await handle.close();
  }
}
