import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ToolError } from "../command/ToolError.ts";
import { compileSolidity, mustCompile } from "./compileSolidity.ts";

/** What is compiled, by source name: `contracts/…` for ours, the import path for packages. */
export type SolidityProject = {
  readonly root: string;
  readonly sources: ReadonlyMap<string, string>;
  /** The sources below contracts/, sorted. */
  readonly own: readonly string[];
};

/**
 * contracts/ and every file that is imported from there.
 *
 * @param more other files of the repository that are compiled too
 */
export function readProject(root: string, more: readonly string[] = []): SolidityProject {
  const own = globSync("contracts/**/*.sol", { cwd: root }).sort();
  if (own.length === 0) throw new ToolError(`There is no contract in ${join(root, "contracts")}.`);
  const sources = new Map([...own, ...more].map((path) => [path, readFileSync(join(root, path), "utf8")]));
  const packages = new Map<string, string>();
  const onMissing = (name: string) => {
    const path = join(root, "node_modules", name);
    const found = existsSync(path) ? readFileSync(path, "utf8") : undefined;
    if (found !== undefined) packages.set(name, found);
    return found;
  };
  // `stopAfter: "parsing"` would not follow imports.
  mustCompile(compileSolidity({ sources, settings: {}, select: {}, onMissing }));
  return { root, own, sources: new Map([...sources, ...packages]) };
}
