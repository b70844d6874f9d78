// A process that judges mutants, one after the other: it keeps the compiler and Hardhat loaded. Started by judgeMutants.ts.
//
// Tests deploy contracts by `vm.getCode`, from artifacts. So only the contract that was changed is compiled, its code is
// put into this worker's own copy of the test artifacts, and the tests are run as they are compiled already.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileSolidity, errorsOf, mustCompile, type SolidityOutput } from "../solidity/compileSolidity.ts";
import { compilerSettings } from "../solidity/readProject.ts";
import type { Target } from "./readMutants.ts";
import type { Verdict, WorkerSetup, WorkerTask } from "./workerMessages.ts";

type Code = { readonly bytecode: string; readonly deployedBytecode: string; readonly immutableReferences: object };
/** `codes` are made when a mutant survives, and then kept: most do not. */
type Original = { readonly codes: () => string; readonly fastWorks: boolean };
type SolidityRun = {
  readonly suiteResults: readonly {
    readonly id: { readonly name: string };
    readonly testResults: readonly { readonly name: string; readonly status: string }[];
  }[];
};

/** Tests without randomness take a tenth of the time and find most: the others run only when these have passed. */
const RANDOM = "^(testFuzz|invariant)";

/** Without the hash of the sources, code that is the same looks the same. */
const asDeployed = { ...compilerSettings({ viaIR: false }), metadata: { bytecodeHash: "none", appendCBOR: false } };
/** A third of the time; its code is long, and may not be deployable, or not compile at all. */
const fast = { ...asDeployed, optimizer: { enabled: false } };

const originals = new Map<string, Promise<Original>>();
let setup: WorkerSetup | undefined;

process.on("message", (message: WorkerSetup | WorkerTask) => {
  if ("sources" in message) setup = message;
  else if (setup !== undefined) void judge(setup, message).then((verdict) => process.send?.(verdict));
});

// Whoever started it is gone.
process.on("disconnect", () => process.exit());

async function judge(setup: WorkerSetup, task: WorkerTask): Promise<Verdict> {
  const original = await originalOf(setup, task);
  const sources = new Map([...setup.sources, [task.path, task.text]]);
  if (original.fastWorks) {
    const output = compile(sources, task, fast);
    if (errorsOf(output) !== "") return { status: "invalid", by: [] };
    const by = await failingWith(setup, task, codesOf(output, task));
    if (by.length > 0) return { status: "killed", by };
  }
  const output = compile(sources, task, asDeployed);
  if (errorsOf(output) !== "") return { status: "invalid", by: [] };
  const codes = codesOf(output, task);
  if (JSON.stringify(codes) === original.codes()) return { status: "equivalent", by: [] };
  const by = original.fastWorks ? [] : await failingWith(setup, task, codes);
  return by.length > 0 ? { status: "killed", by } : { status: "survived", by: [] };
}

/** The targets as they are, found out once for each set of them. */
function originalOf(setup: WorkerSetup, task: WorkerTask): Promise<Original> {
  const key = JSON.stringify(task.targets);
  const known = originals.get(key);
  if (known !== undefined) return known;
  const find = async (): Promise<Original> => {
    const sources = new Map(setup.sources);
    let made: string | undefined;
    const codes = () => {
      made ??= JSON.stringify(codesOf(mustCompile(compile(sources, task, asDeployed)), task));
      return made;
    };
    const output = compile(sources, task, fast);
    const fastWorks = errorsOf(output) === "" && (await failingWith(setup, task, codesOf(output, task))).length === 0;
    return { codes, fastWorks };
  };
  const found = find();
  originals.set(key, found);
  return found;
}

/** @returns the tests that fail when the targets have this code */
async function failingWith({ artifacts }: WorkerSetup, { targets }: WorkerTask, codes: readonly Code[]) {
  const restore = targets.map((target, n) => patch(artifactPath(artifacts, target), codes[n]));
  try {
    const by = await failing({ grepExclude: RANDOM });
    return by.length > 0 ? by : await failing({ grep: RANDOM });
  } finally {
    for (const undo of restore) undo();
  }
}

function compile(
  sources: ReadonlyMap<string, string>,
  { targets, names }: WorkerTask,
  settings: object,
): SolidityOutput {
  const outputs = ["bytecode", "deployedBytecode"].map((name) => `evm.${name}.object`);
  const wanted = [...outputs, "evm.bytecode.linkReferences", "evm.deployedBytecode.immutableReferences"];
  const paths = new Set(targets.map(({ path }) => path));
  const select = Object.fromEntries(
    [...paths].map((path) => {
      const inFile = targets.filter((target) => target.path === path);
      return [path, Object.fromEntries(inFile.map(({ name }) => [name, wanted]))];
    }),
  );
  return compileSolidity({ sources: new Map([...sources].filter(([name]) => names.includes(name))), settings, select });
}

function codesOf(output: SolidityOutput, { targets }: WorkerTask): Code[] {
  return targets.map((target) => codeOf(output, target));
}

function codeOf(output: SolidityOutput, { path, name }: Target): Code {
  const { bytecode, deployedBytecode } = output.contracts?.[path]?.[name]?.evm ?? {};
  if (bytecode === undefined || deployedBytecode === undefined) throw new Error(`No code was made of ${path}:${name}.`);
  // Nothing here is linked; a mutant of one that is would fail every test and look killed.
  if (Object.keys(bytecode.linkReferences ?? {}).length > 0) throw new Error(`${name} needs an external library.`);
  return {
    bytecode: `0x${bytecode.object}`,
    deployedBytecode: `0x${deployedBytecode.object}`,
    immutableReferences: deployedBytecode.immutableReferences ?? {},
  };
}

function artifactPath(artifacts: string, { path, name }: Target): string {
  return join(artifacts, path, `${name}.json`);
}

/** @returns puts it back */
function patch(path: string, code: Code | undefined): () => void {
  const before = readFileSync(path, "utf8");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(before), ...code }));
  return () => writeFileSync(path, before);
}

async function failing(choice: { readonly grep?: string; readonly grepExclude?: string }): Promise<string[]> {
  const { default: hre } = await import("hardhat");
  const task = hre.tasks.getTask(["test", "solidity"]);
  const returned: unknown = await task.run({ noCompile: true, ...choice });
  const { success, value, error } = returned as { success: boolean; value?: SolidityRun; error?: SolidityRun };
  const failed = ((success ? value : error)?.suiteResults ?? []).flatMap(({ id, testResults }) =>
    testResults.filter(({ status }) => status === "Failure").map(({ name }) => `${id.name}.${name}`),
  );
  if (!success && failed.length === 0) throw new Error("The tests ended with an error that is no test's.");
  return failed.sort();
}
