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
type SolidityRun = {
  readonly suiteResults: readonly {
    readonly id: { readonly name: string };
    readonly testResults: readonly { readonly name: string; readonly status: string }[];
  }[];
};

/** Tests without randomness take a tenth of the time and find most: the others run only when these have passed. */
const RANDOM = "^(testFuzz|invariant)";

// Without the hash of the sources, code that is the same looks the same.
const settings = { ...compilerSettings({ viaIR: false }), metadata: { bytecodeHash: "none", appendCBOR: false } };
const originals = new Map<string, string>();
let setup: WorkerSetup | undefined;

process.on("message", (message: WorkerSetup | WorkerTask) => {
  if ("sources" in message) setup = message;
  else if (setup !== undefined) void judge(setup, message).then((verdict) => process.send?.(verdict));
});

async function judge({ sources, artifacts }: WorkerSetup, task: WorkerTask): Promise<Verdict> {
  const output = compile(new Map([...sources, [task.path, task.text]]), task);
  if (errorsOf(output) !== "") return { status: "invalid", by: [] };
  const codes = task.targets.map((target) => codeOf(output, target));
  if (JSON.stringify(codes) === original(sources, task)) return { status: "equivalent", by: [] };
  const restore = task.targets.map((target, n) => patch(artifactPath(artifacts, target), codes[n]));
  try {
    for (const choice of [{ grepExclude: RANDOM }, { grep: RANDOM }]) {
      const by = await failing(choice);
      if (by.length > 0) return { status: "killed", by };
    }
    return { status: "survived", by: [] };
  } finally {
    for (const undo of restore) undo();
  }
}

function compile(sources: ReadonlyMap<string, string>, { targets, names }: WorkerTask): SolidityOutput {
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

/** The code of the targets as they are, once for each set of targets. */
function original(sources: WorkerSetup["sources"], task: WorkerTask): string {
  const key = JSON.stringify(task.targets);
  const known = originals.get(key);
  if (known !== undefined) return known;
  const output = mustCompile(compile(new Map(sources), task));
  const made = JSON.stringify(task.targets.map((target) => codeOf(output, target)));
  originals.set(key, made);
  return made;
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
