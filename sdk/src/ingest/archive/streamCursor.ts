import { notZip } from "./archiveErrors.ts";

export type StreamCursor = {
  /** `size` bytes of the stream from `offset` on. Errors: `ARCHIVE_NOT_ZIP` when it ends before, and those of the stream. */
  read(offset: number, size: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array>;
  close(): Promise<void>;
};

type StreamCursorOptions = {
  readonly forwardOnly: boolean;
  /** Told of all that comes out of the stream, also of what is only passed over; may throw. */
  readonly onBytes?: (count: number) => void;
};

/**
 * Random reads of a stream that can only be opened at its beginning (`forwardOnly`) or anywhere. Files of an archive are mostly
 * read in its order: the stream stays open between two of them, and is opened anew only to go back.
 */
export function createStreamCursor(
  open: (start: number, signal: AbortSignal | undefined) => AsyncIterable<Uint8Array>,
  { forwardOnly, onBytes = () => {} }: StreamCursorOptions,
): StreamCursor {
  type Kept = { readonly source: AsyncIterator<Uint8Array>; position: number; rest: Uint8Array };
  /** A stream that nobody reads at the moment, its position that of `rest`. */
  let idle: Kept | undefined;

  async function at(offset: number, signal: AbortSignal | undefined): Promise<Kept> {
    const kept = idle;
    idle = undefined;
    if (kept !== undefined && kept.position <= offset && (forwardOnly || kept.position === offset)) return kept;
    await kept?.source.return?.();
    const start = forwardOnly ? 0 : offset;
    return { source: open(start, signal)[Symbol.asyncIterator](), position: start, rest: new Uint8Array(0) };
  }

  return {
    async *read(offset, size, signal) {
      const stream = await at(offset, signal);
      let failed = true;
      try {
        const end = offset + size;
        while (stream.position < end) {
          if (stream.rest.length === 0) {
            const { value, done: ended } = await stream.source.next();
            if (ended === true) throw notZip("the file became shorter while it was read", { offset });
            onBytes(value.length);
            stream.rest = value;
          }
          const skipped = Math.min(Math.max(offset - stream.position, 0), stream.rest.length);
          stream.position += skipped;
          stream.rest = stream.rest.subarray(skipped);
          const piece = stream.rest.subarray(0, end - stream.position);
          if (stream.position < offset || piece.length === 0) continue;
          stream.position += piece.length;
          stream.rest = stream.rest.subarray(piece.length);
          // Whoever stops here, having seen the beginning, leaves a stream that can go on.
          failed = false;
          yield piece;
          failed = true;
        }
        failed = false;
      } finally {
        if (failed || idle !== undefined) await stream.source.return?.();
        else idle = stream;
      }
    },
    async close() {
      await idle?.source.return?.();
      idle = undefined;
    },
  };
}
