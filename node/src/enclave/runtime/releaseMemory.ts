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

/** Long enough that a process under work is never stopped for it, and it stops one for less than a tenth of a second. */
const restMs = 3_000;

/** @returns to be called at each piece of work: after some seconds without any, memory is given back, once */
export function restingAfterWork(afterMs = restMs): () => void {
  let timer: NodeJS.Timeout | undefined;
  return () => {
    if (timer === undefined) timer = setTimeout(releaseMemory, afterMs).unref();
    else timer.refresh();
  };
}
