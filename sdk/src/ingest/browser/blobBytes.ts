import { PersonaError } from "../../errors/index.ts";
import { cancelled, notZip } from "../archive/index.ts";

const pieceBytes = 2 ** 20;

/**
 * Bytes of a Blob from `start` to before `end`, in pieces of at most 1 MiB. `name` is what errors call it.
 *
 * Errors: `ARCHIVE_NOT_FOUND` when the file behind it is gone or was changed, `ARCHIVE_NOT_ZIP` when it ends before `end`, `CANCELLED`.
 */
export async function* blobBytes(
  blob: Blob,
  start: number,
  end: number,
  { name, signal }: { readonly name: string; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; ) {
    const abort = cancelled(signal);
    if (abort !== undefined) throw abort;
    const piece = await bytesOf(blob.slice(at, Math.min(end, at + pieceBytes)), name);
    if (piece.length === 0) throw notZip("the file became shorter while it was read", { name });
    at += piece.length;
    yield piece;
  }
}

/** Errors: `ARCHIVE_NOT_FOUND`. */
export async function bytesOf(blob: Blob, name: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    // A File names a file of the disk: browsers refuse to read it once it was changed or moved.
    throw new PersonaError("ARCHIVE_NOT_FOUND", "The file cannot be read any more: it was changed or moved.", {
      data: { path: name },
      cause,
    });
  }
}
