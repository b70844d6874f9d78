import { createHash } from "node:crypto";
import { globSync } from "node:fs";
import { posix } from "node:path";
import { type AstNode, children, isNode, text } from "../solidity/ast.ts";
import { compileSolidity, mustCompile } from "../solidity/compileSolidity.ts";
import { readProject, type SolidityProject } from "../solidity/readProject.ts";
import { findEdits, type Operator } from "./findEdits.ts";
import { type Mutant, nameMutants } from "./Mutant.ts";

/** A contract that tests deploy from its artifact: `contracts/x/A.sol`, `A`. */
export type Target = { readonly path: string; readonly name: string };

/** As the artifact is called: `contracts/x/A.sol:A`. */
export function nameOf({ path, name }: Target): string {
  return `${path}:${name}`;
}

export type MutationPlan = {
  readonly project: SolidityProject;
  readonly mutants: readonly Mutant[];
  /** Everything that tests deploy. */
  readonly targets: readonly Target[];
  /** The deployable contracts that a change of this file can change. */
  readonly targetsOf: (path: string) => readonly Target[];
  /** The sources that those contracts are compiled from. */
  readonly closureOf: (targets: readonly Target[]) => ReadonlySet<string>;
};

/** Contracts of tests that are nothing but a library of ours to the outside, deployed by `vm.getCode` like the real ones. */
const HARNESSES = "test/contracts/helpers/*Harness.sol";

/** All mutants of contracts/, by the compiler's own syntax tree. */
export function readMutants(root: string, operators: readonly Operator[]): MutationPlan {
  const harnesses = globSync(HARNESSES, { cwd: root }).sort();
  const project = readProject(root, harnesses);
  const output = mustCompile(
    compileSolidity({ sources: project.sources, settings: {}, select: { "*": { "": ["ast"] } } }),
  );
  const asts = new Map(
    Object.entries(output.sources ?? {}).flatMap(([path, { ast }]) => (isNode(ast) ? [[path, ast] as const] : [])),
  );
  const closures = new Map([...asts.keys()].map((path) => [path, closure(asts, path)]));
  const targets = [...project.own, ...harnesses].flatMap((path) =>
    deployable(asts.get(path)).map((name): Target => ({ path, name })),
  );
  const mutants = project.own.flatMap((path) => {
    const ast = asts.get(path);
    const source = Buffer.from(project.sources.get(path) ?? "");
    return ast === undefined ? [] : nameMutants(path, source, findEdits(ast, source, operators));
  });
  return {
    project,
    mutants,
    targets,
    targetsOf: (path) => targets.filter((target) => closures.get(target.path)?.has(path)),
    closureOf: (wanted) => new Set(wanted.flatMap(({ path }) => [...(closures.get(path) ?? [])])),
  };
}

function deployable(ast: AstNode | undefined): string[] {
  return (ast === undefined ? [] : children(ast, "nodes"))
    .filter((node) => node["contractKind"] === "contract" && node["abstract"] !== true)
    .map((node) => text(node, "name"));
}

/** The file, and all that it imports. */
function closure(asts: ReadonlyMap<string, AstNode>, path: string): Set<string> {
  const found = new Set([path]);
  for (const next of found) {
    const ast = asts.get(next);
    for (const node of ast === undefined ? [] : children(ast, "nodes")) {
      if (node.nodeType === "ImportDirective") found.add(posix.normalize(text(node, "absolutePath")));
    }
  }
  return found;
}

/** The contracts and tests that a result is about: another text of either, and it must be found anew. */
export function fingerprintOf(texts: ReadonlyMap<string, string>): string {
  const hash = createHash("sha256");
  for (const [name, content] of [...texts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name}\0${content.length}\0${content}`);
  }
  return hash.digest("hex").slice(0, 16);
}
