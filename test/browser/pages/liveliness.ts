/** How the page itself fared meanwhile. */
export type Liveliness = {
  /** Longest time between two turns of a timer that wants to run every 4 ms. */
  readonly longestGapMs: number;
  readonly turns: number;
  /** Tasks of the page that took 50 ms or more, by the browser's own count (Long Tasks). */
  readonly longTasksMs: readonly number[];
};

/** Begins to watch; what it returns ends it. */
export function watch(): () => Liveliness {
  const longTasksMs: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longTasksMs.push(Math.round(duration));
  });
  // Node's types do not know this kind: only browsers have it.
  observer.observe({ entryTypes: ["longtask" as "measure"] });
  let last = performance.now();
  let longestGapMs = 0;
  let turns = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longestGapMs = Math.max(longestGapMs, now - last);
    last = now;
    turns += 1;
  }, 4);
  return () => {
    clearInterval(timer);
    observer.disconnect();
    return { longestGapMs: Math.round(longestGapMs), turns, longTasksMs };
  };
}
