import { join } from "node:path";
import { ToolError } from "../command/ToolError.ts";
import { runSlither } from "../slither/runSlither.ts";
import type { CheckResult } from "./checks.ts";

/** Passes where Slither cannot be installed, and says so: a machine without a network still checks the rest. */
export async function slither(root: string): Promise<CheckResult> {
  try {
    const outcome = await runSlither(root, { cache: join(root, ".cache") });
    if ("skipped" in outcome) return { ok: true, output: `SKIPPED, it cannot be installed here: ${outcome.skipped}` };
    return { ok: outcome.problems.length === 0, output: outcome.problems.join("\n\n") };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { ok: false, output: error.message };
  }
}
