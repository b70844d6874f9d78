import type { Remark } from "./connector.ts";

/** Leaves a record out, and says why. `reason` is a constant: it never holds the person's data. */
export function skipped(remark: Remark, reason: string): undefined {
  remark("skipped", reason);
  return undefined;
}
