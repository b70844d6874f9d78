import { existsSync, globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { Basis } from "./journal.ts";
import { fingerprintOf, type MutationPlan, nameOf } from "./readMutants.ts";
import type { PreparedTests } from "./workerMessages.ts";

/** What every test may read, and what decides how it is compiled and run. */
const COMMON = "{hardhat.*config.ts,test/vectors/*,node_modules/{hardhat,solc,@nomicfoundation/edr}/package.json}";
const IMPORT = /^\s*import\b[^;]*?["']([^"']+)["']\s*;/gm;

/**
 * By test contract, the hash of all that decides whether it passes: its file with what that imports, the contracts that it
 * deploys with what they are compiled from, and the configuration.
 */
export function suiteBasis(plan: MutationPlan, { suites, reach }: Pick<PreparedTests, "suites" | "reach">): Basis {
  const { root, sources } = plan.project;
  const common = commonTexts(root);
  const targets = new Map(plan.targets.map((target) => [nameOf(target), target]));
  return Object.fromEntries(
    Object.entries(suites).map(([suite, path]) => {
      const deployed = (reach[suite] ?? []).flatMap((name) => targets.get(name) ?? []);
      const contracts = [...plan.closureOf(deployed)].map((name) => [name, sources.get(name) ?? ""] as const);
      return [suite, fingerprintOf(new Map([...common, ...contracts, ...importedTexts(root, path)]))];
    }),
  );
}

/** The hash of everything: contracts, tests, configuration. */
export function wholeFingerprint(plan: MutationPlan): string {
  const { root, sources } = plan.project;
  const tests = globSync("test/contracts/**/*.sol", { cwd: root }).map((path) => [path, read(root, path)] as const);
  return fingerprintOf(new Map([...commonTexts(root), ...sources, ...tests]));
}

/** The hash of what these contracts are compiled from. */
export function closureFingerprint(plan: MutationPlan, names: Iterable<string>): string {
  const texts = [...names].map((name) => [name, plan.project.sources.get(name) ?? ""] as const);
  return fingerprintOf(new Map([...commonTexts(plan.project.root), ...texts]));
}

function commonTexts(root: string): ReadonlyMap<string, string> {
  return new Map(globSync(COMMON, { cwd: root }).map((path) => [path, read(root, path)]));
}

/** The file and all that it imports, by path. */
function importedTexts(root: string, path: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const open = [path];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (texts.has(next)) continue;
    const text = read(root, next);
    texts.set(next, text);
    for (const [, imported = ""] of text.matchAll(IMPORT)) {
      open.push(/^\.\.?\//.test(imported) ? posix.join(posix.dirname(next), imported) : packagePath(root, imported));
    }
  }
  return texts;
}

function packagePath(root: string, name: string): string {
  const path = posix.join("node_modules", name);
  if (!existsSync(join(root, path))) throw new Error(`Nothing is at ${path}, which a test imports.`);
  return path;
}

function read(root: string, path: string): string {
  return readFileSync(join(root, path), "utf8");
}
