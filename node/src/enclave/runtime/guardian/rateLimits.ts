import { PersonaError } from "@persona-protocol/sdk/errors";

/** So many at once, and so many more each second. */
export type Rate = { readonly burst: number; readonly perSecond: number };

export type RateLimit = {
  /** Counts one. @throws PersonaError RATE_LIMITED */
  take(name: string): void;
};

/** Buckets that are full again say nothing: they make room first. */
const maxBuckets = 16_384;

/**
 * Token buckets by name. When there are too many names those that waited longest since their last token go first, so that new
 * names cannot make the memory grow.
 *
 * @param nowMs a clock that never goes back
 */
export function createRateLimit(what: string, { burst, perSecond }: Rate, nowMs: () => number): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(name) {
      const now = nowMs();
      const last = buckets.get(name) ?? { tokens: burst, at: now };
      const tokens = Math.min(burst, last.tokens + ((now - last.at) / 1_000) * perSecond);
      if (tokens < 1) {
        const waitMs = Math.ceil(((1 - tokens) / perSecond) * 1_000);
        throw new PersonaError("RATE_LIMITED", `Too many requests for one ${what}.`, { data: { waitMs } });
      }
      // In the order of their last token: the first of the map is the oldest.
      buckets.delete(name);
      buckets.set(name, { tokens: tokens - 1, at: now });
      const [oldest] = buckets.keys();
      if (buckets.size > maxBuckets && oldest !== undefined) buckets.delete(oldest);
    },
  };
}
