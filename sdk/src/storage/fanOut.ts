import { type ByteSource, rechunk } from "./byteStream.ts";

/** Takes the bytes of one branch; gives up when the signal fires. */
export type Sink<T> = (branch: AsyncIterable<Uint8Array>, signal: AbortSignal) => Promise<T>;

/** Pieces are handed on at this size, so that a time limit on each is a lower limit on speed. */
const PIECE_BYTES = 2 ** 20;

/**
 * Reads a source once and gives it to several sinks side by side, holding one piece. A sink that fails, or does not take a
 * piece within `stallMs`, is left behind and the others go on; when none is left the source is told to stop. After the last
 * piece each sink has `finishMs` to end.
 *
 * @throws what the source throws, when all sinks have been told.
 */
export async function fanOut<T>(
  source: ByteSource,
  sinks: readonly Sink<T>[],
  { stallMs, finishMs, signal }: { readonly stallMs: number; readonly finishMs: number; readonly signal?: AbortSignal },
): Promise<PromiseSettledResult<T>[]> {
  const branches = sinks.map((sink) => startBranch(sink, signal));
  try {
    for await (const piece of rechunk(source, PIECE_BYTES)) {
      const live = branches.filter((branch) => branch.live());
      if (live.length === 0) break;
      await Promise.all(live.map((branch) => branch.offer(piece, stallMs)));
    }
  } catch (cause) {
    for (const branch of branches) branch.fail(cause);
    await Promise.all(branches.map((branch) => branch.outcome));
    throw cause;
  }
  return Promise.all(branches.map((branch) => branch.finish(finishMs)));
}

type Branch<T> = {
  live(): boolean;
  /** Resolves when the sink has taken the piece, or is out. */
  offer(piece: Uint8Array, stallMs: number): Promise<void>;
  fail(cause: unknown): void;
  finish(finishMs: number): Promise<PromiseSettledResult<T>>;
  readonly outcome: Promise<PromiseSettledResult<T>>;
};

function startBranch<T>(sink: Sink<T>, signal: AbortSignal | undefined): Branch<T> {
  const stop = new AbortController();
  const { promise: outcome, resolve } = Promise.withResolvers<PromiseSettledResult<T>>();
  let settled = false;
  let waiting: ((result: IteratorResult<Uint8Array, undefined>) => void) | undefined;
  let refuse: ((cause: unknown) => void) | undefined;
  let held: { piece: Uint8Array; taken: () => void } | undefined;
  let end: { readonly cause?: unknown } | undefined;

  const settle = (result: PromiseSettledResult<T>): void => {
    settled = true;
    held?.taken();
    held = undefined;
    resolve(result);
  };
  /** Out at once, whether or not the sink ever notices: one that hangs must not hold the others. */
  const drop = (cause: unknown): void => {
    end ??= { cause };
    refuse?.(cause);
    stop.abort(cause);
    settle({ status: "rejected", reason: cause });
  };
  const branch: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next() {
        if (end !== undefined && "cause" in end) return Promise.reject(end.cause);
        if (held !== undefined) {
          const { piece, taken } = held;
          held = undefined;
          taken();
          return Promise.resolve({ done: false, value: piece });
        }
        if (end !== undefined) return Promise.resolve({ done: true, value: undefined });
        return new Promise((give, reject) => {
          waiting = give;
          refuse = reject;
        });
      },
    }),
  };
  const both = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  sink(branch, both).then(
    (value) => settle({ status: "fulfilled", value }),
    (reason: unknown) => settle({ status: "rejected", reason }),
  );

  return {
    outcome,
    live: () => !settled,
    async offer(piece, stallMs) {
      const give = waiting;
      if (give !== undefined) {
        waiting = undefined;
        refuse = undefined;
        give({ done: false, value: piece });
        return;
      }
      const { promise: taken, resolve: take } = Promise.withResolvers<void>();
      held = { piece, taken: take };
      const impatient = setTimeout(() => drop(tooSlow(stallMs)), stallMs);
      await taken;
      clearTimeout(impatient);
    },
    fail: drop,
    async finish(finishMs) {
      end ??= {};
      waiting?.({ done: true, value: undefined });
      const impatient = setTimeout(() => drop(tooSlow(finishMs)), finishMs);
      const result = await outcome;
      clearTimeout(impatient);
      return result;
    },
  };
}

function tooSlow(ms: number): DOMException {
  return new DOMException(`it took longer than ${ms} ms`, "TimeoutError");
}
