/** In the order of the contract's `JobStatus`. */
export const jobStatus = ["none", "open", "claimed", "settled", "failed", "timedOut", "cancelled", "read"] as const;

export type JobStatus = (typeof jobStatus)[number];
