import type { CheckResult } from "./checks.ts";
import { sourceFiles } from "./sourceFiles.ts";

const MAX_LINES = 400;

/** A warning, not a failure: some files are long for a reason, and a reviewer should ask for it. */
export function fileSizes(root: string): CheckResult {
  const lines = sourceFiles(root, [
    "contracts/**/*.sol",
    "{sdk,node}/src/**/*.ts",
    "{scripts,bench}/**/*.{ts,mjs}",
    "portal/{src,dev}/**/*.{ts,tsx}",
  ])
    .map(({ path, text }) => ({ path, count: text.split("\n").length - 1 }))
    .filter(({ count }) => count > MAX_LINES)
    .map(({ path, count }) => `warning: ${path} has ${count} lines (more than ${MAX_LINES})`);
  return { ok: true, output: lines.join("\n") };
}
