import type { WorkerImport } from "./importWorker.ts";

/** What runs in the page. Only plain data goes in and out. */

/** How the page itself fared meanwhile. */
export type Liveliness = {
  /** Longest time between two turns of a timer that wants to run every 4 ms. */
  readonly longestGapMs: number;
  readonly turns: number;
  /** Tasks of the page that took 50 ms or more, by the browser's own count (Long Tasks). */
  readonly longTasksMs: readonly number[];
};

/** Fetches the files, as if they had been chosen, and imports them in a worker while it watches itself. */
export async function importInWorker(
  paths: Readonly<Record<string, string>>,
): Promise<{ readonly imported: WorkerImport; readonly page: Liveliness }> {
  const files: File[] = [];
  for (const [name, path] of Object.entries(paths)) files.push(new File([await (await fetch(path)).blob()], name));
  type Port = { onmessage?: (event: { data: WorkerImport }) => void; postMessage(data: unknown): void };
  const { Worker } = globalThis as unknown as { Worker: new (url: string, options: { type: "module" }) => Port };
  const stop = watch();
  const worker = new Worker("/worker.js", { type: "module" });
  const imported = await new Promise<WorkerImport>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(files);
  });
  return { imported, page: stop() };
}

function watch(): () => Liveliness {
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

/** The same on the page's own thread, where it is felt: the watch must see that. */
export async function blockFor(milliseconds: number): Promise<Liveliness> {
  const stop = watch();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 20));
  return stop();
}
