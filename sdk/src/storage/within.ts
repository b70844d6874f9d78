import type { CallOptions } from "./blobStore.ts";

/**
 * Waits for `work` no longer than `ms`, and no longer than the caller's signal allows. The work gets a signal that says both;
 * where it does not listen, it is left to itself.
 *
 * @throws DOMException named TimeoutError, or the signal's reason.
 */
export async function within<T>(
  ms: number,
  { signal }: CallOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = AbortSignal.timeout(ms);
  const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(either.reason);
  either.addEventListener("abort", onAbort, { once: true });
  try {
    // Not every store looks at its signal while it hangs.
    return await Promise.race([work(either), late]);
  } catch (error) {
    throw timeout.aborted && signal?.aborted !== true ? timeout.reason : error;
  } finally {
    either.removeEventListener("abort", onAbort);
  }
}
