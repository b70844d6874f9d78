import { writeSync } from "node:fs";
import type { Readable } from "node:stream";

export type ByteStream = {
  /** Whether anything has come, after at most so long. */
  begins(withinMs: number): Promise<boolean>;
  /** Exactly so many bytes, together. */
  take(bytes: number): Promise<Uint8Array>;
  /** Writes so many bytes to a file as they come. */
  copyTo(fd: number, bytes: number): Promise<void>;
};

/** Reads a stream piece by piece, and says when it ends: also while nobody reads. */
export function byteStream(stream: Readable, onEnd: () => void): ByteStream {
  const chunks: Uint8Array[] = [];
  let wake: (() => void) | undefined;
  stream.on("data", (chunk: Uint8Array) => {
    chunks.push(chunk);
    wake?.();
  });
  stream.on("close", onEnd);

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
    async copyTo(fd, bytes) {
      for (let left = bytes; left > 0; ) {
        const piece = await next(left);
        for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at);
        left -= piece.length;
      }
    },
  };
}
