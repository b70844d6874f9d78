import { setTimeout as sleep } from "node:timers/promises";

/** Time, for what waits. Tests bring one that they move. */
export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after so long, or at once when the signal comes; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {}),
};
