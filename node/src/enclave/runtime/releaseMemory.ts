import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Lets go what loading this program, or work that is done, took. V8 has grown its young generation for that to 64 MB, and keeps them, full
 * of what is dead, until there is work again; only a collection that is asked to save memory gives them back.
 */
export function releaseMemory(): void {
  // The way that V8 has for it: a context that is made now has the function, all others stay as they are.
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collect === "function") collect({ type: "major", execution: "sync", flavor: "last-resort" });
}

/** Long enough that most of a process's work is never stopped for it: it stops one for less than a tenth of a second. */
const restMs = 3_000;
/** Where there is always work, as often: V8 alone lets a heap grow to three times what lives in it. */
const atLeastEveryMs = 60_000;

/** @returns to be called at each piece of work: after some seconds without any, or at the first after a minute of it, memory is given back */
export function restingAfterWork({ afterMs = restMs, everyMs = atLeastEveryMs } = {}): () => void {
  let timer: NodeJS.Timeout | undefined;
  let releasedAt = performance.now();
  const release = () => {
    releaseMemory();
    releasedAt = performance.now();
  };
  return () => {
    if (performance.now() - releasedAt > everyMs) release();
    if (timer === undefined) timer = setTimeout(release, afterMs).unref();
    else timer.refresh();
  };
}
