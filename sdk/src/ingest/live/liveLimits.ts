import { defaultImportLimits } from "../limits.ts";
import type { LiveLimits } from "./liveSource.ts";

/** Far above what an account needs for one run, low enough that a service that never ends is stopped the same day. */
export const defaultLiveLimits: LiveLimits = {
  ...defaultImportLimits,
  maxRecords: 5_000_000,
  maxRequests: 20_000,
  maxPages: 10_000,
  maxAnswerBytes: 64 * 2 ** 20,
  maxWaitMs: 60_000,
};
