import { PersonaError } from "../errors/index.ts";

/**
 * Waits for a keeper of shares no longer than the signal allows. Work that takes no signal is left to itself.
 *
 * @throws PersonaError GUARDIANS_UNAVAILABLE when the signal comes first.
 */
export async function untilAborted<value>(work: Promise<value>, signal: AbortSignal): Promise<value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const onAbort = (): void =>
    reject(
      new PersonaError("GUARDIANS_UNAVAILABLE", "The keeper of the shares did not answer in time.", {
        cause: signal.reason,
      }),
    );
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, late]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
