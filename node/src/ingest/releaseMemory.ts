import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Lets go what loading this program took. V8 has grown its young generation for that to 64 MB, and keeps them, full of what is dead, for as
 * long as there is work; only a collection that is asked to save memory gives them back. An import needs 4.
 */
export function releaseMemory(): void {
  // The way that V8 has for it: a context that is made now has the function, all others stay as they are.
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collect === "function") collect({ type: "major", execution: "sync", flavor: "last-resort" });
}
