import { type ByteSource, rechunk } from "./byteStream.ts";

/** Takes the bytes of one branch; gives up when the signal fires. */
export type Sink<T> = (branch: AsyncIterable<Uint8Array>, signal: AbortSignal) => Promise<T>;

/** Why a sink that did nothing wrong was stopped. */
export const TOO_FEW_LEFT: unique symbol = Symbol("too few sinks are left");

/** Pieces are handed on at this size, so that a time limit on each is a lower limit on speed. */
const PIECE_BYTES = 2 ** 20;

/**
 * Reads a source once and gives it to several sinks side by side, holding one piece. A sink that fails, or does not take a
 * piece within `stallMs`, is left behind and the others go on; when none is left the source is told to stop. After the last
 * piece each sink has `finishMs` to end. When fewer than `least` can still succeed the others are stopped with {@link TOO_FEW_LEFT}.
 * When `signal` fires all are out at once, whether or not they ever notice, and a source
 * that gives nothing is waited for no longer.
 *
 * @throws what the source throws, when all sinks have been told.
 */
export async function fanOut<T>(
  source: ByteSource,
  sinks: readonly Sink<T>[],
  {
    stallMs,
    finishMs,
    least = 1,
    signal,
  }: {
    readonly stallMs: number;
    readonly finishMs: number;
    readonly least?: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<PromiseSettledResult<T>[]> {
  const branches = sinks.map((sink) => startBranch(sink, signal));
  let left = branches.length;
  for (const { outcome } of branches) {
    void outcome.then(({ status }) => {
      if (status === "rejected") left -= 1;
      if (left < least) for (const branch of branches) branch.fail(TOO_FEW_LEFT);
    });
  }
  const pieces = rechunk(source, PIECE_BYTES);
  const allOut = Promise.all(branches.map((branch) => branch.outcome)).then((): IteratorReturnResult<undefined> => {
    return { done: true, value: undefined };
  });
  try {
    for (;;) {
      const next = await Promise.race([pieces.next(), allOut]);
      const live = branches.filter((branch) => branch.live());
      if (next.done === true || live.length === 0) break;
      await Promise.all(live.map((branch) => branch.offer(next.value, stallMs)));
    }
    // Not awaited: a source that hangs does so in ending, too. What it throws then is of no use to anybody.
    pieces.return(undefined).catch(() => undefined);
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
    if (settled) return;
    settled = true;
    signal?.removeEventListener("abort", onAbort);
    held?.taken();
    held = undefined;
    resolve(result);
  };
  /** Out at once, whether or not the sink ever notices: one that hangs must not hold the others. */
  const drop = (cause: unknown): void => {
    if (settled) return;
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
  const onAbort = (): void => drop(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  sink(branch, stop.signal).then(
    (value) => settle({ status: "fulfilled", value }),
    (reason: unknown) => settle({ status: "rejected", reason }),
  );

  if (signal?.aborted === true) drop(signal.reason);

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
