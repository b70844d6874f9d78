/** A stretch of a stream that is in memory: what a scanner still needs of it, and what has come since. */
export type ByteWindow = {
  buffer: Uint8Array;
  /** The scanner's place in `buffer`, and the end of what has come. */
  at: number;
  end: number;
  /** Byte offset of `buffer[0]` in the stream. */
  base: number;
  /** From here on the bytes are kept when more come; `at` when it is -1. */
  keep: number;
  /** Appends the next piece. @returns false when the stream has ended */
  fill(): Promise<boolean>;
  /** Tells the source that nothing more is wanted. */
  close(): Promise<void>;
};

export function createByteWindow(chunks: AsyncIterable<Uint8Array>): ByteWindow {
  const source = chunks[Symbol.asyncIterator]();
  const window: ByteWindow = {
    buffer: new Uint8Array(0),
    at: 0,
    end: 0,
    base: 0,
    keep: -1,
    async fill() {
      const { value: chunk, done } = await source.next();
      if (done === true) return false;
      const from = window.keep < 0 ? window.at : window.keep;
      const kept = window.end - from;
      const needed = kept + chunk.length;
      if (window.end + chunk.length > window.buffer.length) {
        const target =
          needed > window.buffer.length ? new Uint8Array(Math.max(needed, window.buffer.length * 2)) : window.buffer;
        target.set(window.buffer.subarray(from, window.end));
        window.buffer = target;
        window.base += from;
        window.at -= from;
        window.end = kept;
        if (window.keep >= 0) window.keep = 0;
      }
      window.buffer.set(chunk, window.end);
      window.end += chunk.length;
      return true;
    },
    async close() {
      await source.return?.();
    },
  };
  return window;
}
