/**
 * Where a segment waits until all of it is there and its length is known. The default keeps it in memory; where that is too
 * small, whoever imports gives a place of their own. What is written is in clear: a spool that leaves memory encrypts it.
 */
export type Spool = {
  /** Takes the bytes before it returns or, where it returns a promise, before that is fulfilled; then their memory is reused. */
  write(bytes: Uint8Array): void | Promise<void>;
  /** What was written. Nothing is written after this. */
  finish(): Promise<SpooledBytes>;
  /** Lets everything go, finished or not. */
  discard(): Promise<void>;
};

export type SpooledBytes = {
  readonly size: number;
  /** From the beginning, as often as it is asked. A piece may be reused once the next is asked for. */
  read(): AsyncIterable<Uint8Array>;
  /** Lets it go, once nobody reads. */
  discard(): Promise<void>;
};

export type OpenSpool = () => Promise<Spool>;

export async function openMemorySpool(): Promise<Spool> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  return {
    write(bytes) {
      pieces.push(bytes.slice());
      size += bytes.length;
    },
    async finish() {
      const all = pieces;
      return {
        size,
        async *read() {
          yield* all;
        },
        async discard() {},
      };
    },
    async discard() {
      pieces = [];
    },
  };
}

/** Keeps nothing: for an import that only wants to know what would come out. */
export async function openCountingSpool(): Promise<Spool> {
  let size = 0;
  return {
    write(bytes) {
      size += bytes.length;
    },
    async finish() {
      return {
        size,
        read() {
          throw new RangeError("a counting spool has kept nothing");
        },
        async discard() {},
      };
    },
    async discard() {},
  };
}
