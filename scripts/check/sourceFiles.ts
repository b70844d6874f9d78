import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export type SourceFile = { readonly path: string; readonly text: string };

/** Files that match, without what is installed or generated, in a fixed order. */
export function sourceFiles(root: string, patterns: readonly string[]): SourceFile[] {
  const exclude = ["**/node_modules/**", "artifacts/**", "cache/**", "coverage/**", "sdk/src/contracts/abis.ts"];
  return globSync([...patterns], { cwd: root, exclude })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}
