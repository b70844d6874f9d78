import { read, writeSync } from "node:fs";

export type ByteStream = {
  /** Whether anything has come, after at most so long. */
  begins(withinMs: number): Promise<boolean>;
  /** Exactly so many bytes, together. */
  take(bytes: number): Promise<Uint8Array>;
  /** Writes so many bytes to a file as they come. */
  copyTo(fd: number, bytes: number): Promise<void>;
};

/** As much as a pipe holds. */
const pieceBytes = 64 * 1024;
/** Until a descriptor that does not wait has something. */
const againMs = 2;

/**
 * Reads a descriptor piece by piece, and says when it ends: also while nobody reads. By system calls: Node's stream for its standard
 * input would load the network and terminals for it.
 */
export function byteStream(fd: number, onEnd: () => void): ByteStream {
  const chunks: Uint8Array[] = [];
  let wake: (() => void) | undefined;
  const readOn = (): void => {
    const piece = Buffer.allocUnsafeSlow(pieceBytes);
    read(fd, piece, 0, pieceBytes, null, (error, length) => {
      if (error?.code === "EAGAIN") setTimeout(readOn, againMs);
      else if (error !== null || length === 0) onEnd();
      else {
        chunks.push(piece.subarray(0, length));
        wake?.();
        readOn();
      }
    });
  };
  readOn();

  /** Up to `most` bytes. */
  const next = async (most: number): Promise<Uint8Array> => {
    while (chunks.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const chunk = chunks[0] as Uint8Array;
    if (chunk.length <= most) chunks.shift();
    else chunks[0] = chunk.subarray(most);
    return chunk.subarray(0, most);
  };

  return {
    async begins(withinMs) {
      if (chunks.length > 0) return true;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, withinMs);
      await promise;
      clearTimeout(timer);
      return chunks.length > 0;
    },
    async take(bytes) {
      const out = new Uint8Array(bytes);
      for (let filled = 0; filled < bytes; ) {
        const piece = await next(bytes - filled);
        out.set(piece, filled);
        filled += piece.length;
      }
      return out;
    },
    async copyTo(to, bytes) {
      for (let left = bytes; left > 0; ) {
        const piece = await next(left);
        for (let at = 0; at < piece.length; ) at += writeSync(to, piece, at);
        left -= piece.length;
      }
    },
  };
}
