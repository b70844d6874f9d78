import { PersonaError } from "../errors/index.ts";

/** Errors: `CANCELLED` once `signal` is aborted, with its reason as cause. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  if (signal.reason instanceof PersonaError) throw signal.reason;
  throw new PersonaError("CANCELLED", "The import was cancelled.", { cause: signal.reason });
}
