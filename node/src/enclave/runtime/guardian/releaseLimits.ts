import { createRateLimit, type RateLimit } from "./rateLimits.ts";

/** How often a guardian works for whom. A job's bond pays for its requests, a requester's escrow for its jobs. */
export type ReleaseLimits = { readonly signer: RateLimit; readonly job: RateLimit; readonly requester: RateLimit };

/**
 * A job has at most 64 inputs, each asked for once an attempt, and three attempts; the burst allows some repeats. A node that
 * claims and a requester that posts are far below the others.
 */
export function createReleaseLimits(nowMs: () => number): ReleaseLimits {
  return {
    signer: createRateLimit("enclave key", { burst: 2_048, perSecond: 512 }, nowMs),
    job: createRateLimit("job", { burst: 256, perSecond: 8 }, nowMs),
    requester: createRateLimit("requester", { burst: 2_048, perSecond: 512 }, nowMs),
  };
}
