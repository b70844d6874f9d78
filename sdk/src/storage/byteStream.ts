import { concatBytes } from "../crypto/index.ts";

/**
 * Bytes in pieces of any size, from a file, a network or memory. A *transient* source is one whose pieces are good only until
 * the next one is asked for: it may write over them, or give their memory back. All functions here take such sources but `collectBytes`,
 * which keeps the pieces.
 */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** A reader that hands out exact numbers of bytes, holding no more than one piece of the source beyond what was asked. */
export type ByteReader = {
  /** The next `length` bytes, good until the next call; undefined when the source ends before them. */
  take(length: number): Promise<Uint8Array | undefined>;
  /** From 1 to `most` bytes, as they lie in the source and good until the next call; undefined at its end. */
  some(most: number): Promise<Uint8Array | undefined>;
  atEnd(): Promise<boolean>;
  /** Tells the source that no more will be read. */
  close(): Promise<void>;
};

export function createByteReader(source: ByteSource): ByteReader {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let rest: Uint8Array = new Uint8Array();
  let ended = false;

  async function pull(): Promise<boolean> {
    while (!ended) {
      const next = await iterator.next();
      if (next.done === true) {
        ended = true;
      } else if (next.value.length > 0) {
        rest = next.value;
        return true;
      }
    }
    return false;
  }

  return {
    async take(length) {
      if (rest.length >= length) {
        const taken = rest.subarray(0, length);
        rest = rest.subarray(length);
        return taken;
      }
      const taken = new Uint8Array(length);
      let at = 0;
      for (;;) {
        const part = rest.subarray(0, length - at);
        taken.set(part, at);
        at += part.length;
        rest = rest.subarray(part.length);
        if (at === length) return taken;
        if (!(await pull())) return undefined;
      }
    },
    async some(most) {
      if (rest.length === 0 && !(await pull())) return undefined;
      const taken = rest.subarray(0, most);
      rest = rest.subarray(taken.length);
      return taken;
    },
    async atEnd() {
      return rest.length === 0 && !(await pull());
    },
    async close() {
      if (ended) return;
      ended = true;
      await iterator.return?.();
    },
  };
}

/**
 * The same bytes in pieces of exactly `size`, the last one shorter; nothing for an empty source. Every piece is a copy: a
 * source may use one buffer for all that it gives.
 *
 * @param allocate memory for a piece of `size` bytes, new by default; what it holds does not matter.
 */
export async function* rechunk(
  source: ByteSource,
  size: number,
  allocate: () => Uint8Array<ArrayBuffer> = () => new Uint8Array(size),
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let chunk = new Uint8Array();
  let held = 0;
  for await (const piece of source) {
    for (let at = 0; at < piece.length; ) {
      if (held === 0) chunk = allocate();
      const part = piece.subarray(at, at + size - held);
      chunk.set(part, held);
      held += part.length;
      at += part.length;
      if (held === size) {
        held = 0;
        yield chunk;
      }
    }
  }
  if (held > 0) yield chunk.subarray(0, held);
}

/**
 * Gives the memory of a piece back at once, where the piece is all of its buffer: what waits for the garbage collector is new
 * memory each time, and V8 collects its whole heap for every 64 MB of it. Nothing may look at the piece again.
 */
export function freeBytes(piece: Uint8Array): void {
  const { buffer, byteLength } = piece;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer?.(0);
}

/**
 * Runs up to `parallel` of the tasks that `source` gives, and yields their values in order. An error anywhere stops the
 * source and is thrown in its place.
 */
export async function* pipelined<T>(
  source: AsyncIterable<() => Promise<T>>,
  parallel: number,
): AsyncGenerator<T, void, undefined> {
  const running: Promise<T>[] = [];
  try {
    for await (const task of source) {
      const value = task();
      // A rejection is met when its turn comes; until then it must not count as unhandled.
      value.catch(() => undefined);
      running.push(value);
      const first = running.length >= parallel ? running.shift() : undefined;
      if (first !== undefined) yield await first;
    }
    for (let first = running.shift(); first !== undefined; first = running.shift()) yield await first;
  } finally {
    await Promise.allSettled(running);
  }
}

/**
 * All bytes of `source` in one array. Not for a transient source.
 *
 * @throws RangeError as soon as there are more than `maxBytes`.
 */
export async function collectBytes(
  source: ByteSource,
  maxBytes: number = Number.MAX_SAFE_INTEGER,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of source) {
    length += part.length;
    if (length > maxBytes) throw new RangeError(`more than ${maxBytes} bytes`);
    parts.push(part);
  }
  return concatBytes(...parts);
}
