import { optimized, unoptimized, unoptimizedViaIR, viaIR } from "../../hardhat.config.ts";
import { ToolError } from "../command/ToolError.ts";
import { compileSolidity, errorsOf, mustCompile, type SolidityOutput } from "../solidity/compileSolidity.ts";
import { choose, combineMutants } from "./combineMutants.ts";
import { applyEdit, type Mutant } from "./Mutant.ts";
import { nameOf, type Target } from "./readMutants.ts";
import type { Code } from "./SolidityTests.ts";
import type { MutantSource, TargetSource } from "./workerMessages.ts";

type Sources = ReadonlyMap<string, string>;
type TargetCodes = ReadonlyMap<string, Code>;
/** Code with every mutant of a batch in it, and the numbers of those that it has. */
export type Build = { readonly codes: TargetCodes; readonly numbers: ReadonlyMap<string, number> };

type Compilers = { readonly unoptimized: object; readonly optimized: object };

/** The first that compiles the contracts as they are makes their mutants: one that it refuses is no Solidity. */
const compilers: readonly Compilers[] = [
  { unoptimized: unoptimized.settings, optimized: optimized.settings },
  { unoptimized: unoptimizedViaIR.settings, optimized: viaIR.settings },
];
const chosen = new Map<string, Compilers>();

/** All of a batch in one; those that do not compile together are left out, to be compiled each by itself. */
export function compileBatch(sources: Sources, { path, targets, names, batch }: MutantSource): Build {
  const source = Buffer.from(sources.get(path) ?? "");
  const settings = compilersOf(sources, { targets, names }).unoptimized;
  let mutants = batch.flatMap((edit, n) => (edit.at === undefined ? [] : [{ edit, at: edit.at, number: n + 1 }]));
  while (mutants.length > 0) {
    const { text, places } = combineMutants(source, mutants);
    const output = compile(new Map([...sources, [path, text]]), { targets, names }, settings);
    const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
    if (errors.length === 0) {
      return {
        codes: codesOf(output, targets),
        numbers: new Map(mutants.map(({ edit, number }) => [edit.id, number])),
      };
    }
    const wrong = new Set(
      errors.map(({ sourceLocation: at }) => {
        if (at?.file !== path) return undefined;
        const inside = places.filter(({ start, end }) => start <= at.start && at.end <= end).at(-1);
        // Of `number == 1 ? changed : unchanged` as a whole the compiler says that they are of two types.
        return (inside ?? places.find(({ start, end }) => at.start <= start && end <= at.end))?.number;
      }),
    );
    const before = mutants.length;
    mutants = mutants.filter(({ number }) => !wrong.has(number));
    // An error elsewhere: assembly takes plain constants only.
    if (mutants.length === before) mutants = mutants.filter(({ edit }) => edit.place.includes("."));
    if (mutants.length === before) break;
  }
  return { codes: new Map(), numbers: new Map() };
}

/** @returns undefined when the build does not have it; the unchanged code for an id of ""  */
export function codesFromBuild({ codes, numbers }: Build, id: string): TargetCodes | undefined {
  const number = id === "" ? 0 : numbers.get(id);
  if (number === undefined) return undefined;
  return new Map(
    [...codes].map(([name, { bytecode, deployedBytecode }]) => {
      return [
        name,
        { bytecode: choose(bytecode, number), deployedBytecode: choose(deployedBytecode, number) },
      ] as const;
    }),
  );
}

/** @returns undefined when it does not compile */
export function compileMutant(sources: Sources, from: MutantSource, mutant: Mutant): TargetCodes | undefined {
  const output = compile(changed(sources, mutant), from, compilersOf(sources, from).unoptimized);
  return errorsOf(output) === "" ? codesOf(output, from.targets) : undefined;
}

/**
 * Whether the compiler makes the same of the changed file as of the unchanged one. It is asked for one contract after the
 * other, the one of the fewest sources first: most mutants differ there.
 */
export function isEquivalent(sources: Sources, from: MutantSource, mutant: Mutant): boolean {
  const compilers = compilersOf(sources, from);
  const texts = changed(sources, mutant);
  return from.alone.every((single) => {
    const key = JSON.stringify(single.targets);
    const original = originals.get(key) ?? comparableCode(sources, single, compilers);
    originals.set(key, original);
    return comparableCode(texts, single, compilers) === original;
  });
}

/** By targets: the comparable code of what is not changed. Most mutants do not live to be compared. */
const originals = new Map<string, string>();

/** Without the hash of the sources, and optimised, code that does the same looks the same. */
function comparableCode(texts: Sources, from: TargetSource, compilers: Compilers): string {
  const settings = { ...compilers.optimized, metadata: { bytecodeHash: "none", appendCBOR: false } };
  return JSON.stringify([...codesOf(mustCompile(compile(texts, from, settings)), from.targets)]);
}

/** @throws ToolError when none compiles the unchanged contracts: every mutant would look as if it were no Solidity */
function compilersOf(sources: Sources, from: TargetSource): Compilers {
  const key = JSON.stringify(from.targets);
  const known = chosen.get(key);
  if (known !== undefined) return known;
  const found = compilers.find(({ unoptimized: settings }) => {
    const output = compile(sources, from, settings);
    if (errorsOf(output) !== "") return false;
    for (const target of from.targets) requireUnlinked(among(sources, from), output, target);
    return true;
  });
  if (found === undefined) throw new ToolError(`The contracts do not compile: ${key}.`);
  chosen.set(key, found);
  return found;
}

function changed(sources: Sources, mutant: Mutant): Sources {
  return new Map([...sources, [mutant.path, applyEdit(Buffer.from(sources.get(mutant.path) ?? ""), mutant)]]);
}

function compile(sources: Sources, { targets, names }: TargetSource, settings: object): SolidityOutput {
  const wanted = ["evm.bytecode.object", "evm.deployedBytecode.object", "evm.bytecode.linkReferences"];
  const byPath = Map.groupBy(targets, ({ path }) => path);
  const select = Object.fromEntries(
    [...byPath].map(([path, inFile]) => [path, Object.fromEntries(inFile.map(({ name }) => [name, wanted]))]),
  );
  return compileSolidity({ sources: among(sources, { names }), settings, select });
}

function among(sources: Sources, { names }: Pick<TargetSource, "names">): Sources {
  return new Map([...sources].filter(([name]) => names.includes(name)));
}

function codesOf(output: SolidityOutput, targets: readonly Target[]): TargetCodes {
  return new Map(targets.map((target) => [nameOf(target), codeOf(output, target)]));
}

function codeOf(output: SolidityOutput, target: Target): Code {
  const { bytecode, deployedBytecode } = codesIn(output, target);
  // Without an optimiser an internal library may leave its address in the code, for nobody to call.
  const linked = (code: string) => `0x${code.replaceAll(/__\$[0-9a-f]{34}\$__/g, "0".repeat(40))}`;
  return { bytecode: linked(bytecode.object), deployedBytecode: linked(deployedBytecode.object) };
}

/**
 * A library whose functions are all internal may be named in unoptimised code and is not called.
 *
 * @throws ToolError where the contract as it is calls a library outside: a mutant of one would fail every test and look killed
 */
function requireUnlinked(sources: Sources, output: SolidityOutput, target: Target): void {
  const { linkReferences = {} } = codesIn(output, target).bytecode;
  const named = Object.entries(linkReferences).flatMap(([path, libraries]) =>
    Object.keys(libraries).map((name) => ({ path, name })),
  );
  if (named.length === 0) return;
  const select = Object.fromEntries(named.map(({ path }) => [path, { "*": ["evm.methodIdentifiers"] }]));
  const { contracts = {} } = mustCompile(compileSolidity({ sources, settings: {}, select }));
  const called = named.find(
    ({ path, name }) => Object.keys(contracts[path]?.[name]?.evm?.methodIdentifiers ?? {}).length > 0,
  );
  if (called !== undefined) throw new ToolError(`${target.name} needs the library ${called.name}, which is linked.`);
}

function codesIn(output: SolidityOutput, { path, name }: Target) {
  const { bytecode, deployedBytecode } = output.contracts?.[path]?.[name]?.evm ?? {};
  if (bytecode === undefined || deployedBytecode === undefined) throw new Error(`No code was made of ${path}:${name}.`);
  return { bytecode, deployedBytecode };
}
