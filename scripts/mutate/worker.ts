// A process that judges mutants, one after the other: it keeps the compiler and Hardhat loaded. Started by judgeMutants.ts.
//
// Tests deploy contracts by `vm.getCode`, from artifacts. So only the contract that was changed is compiled, its code is
// put into this worker's own copy of the test artifacts, and the tests are run as they are compiled already.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { optimized, unoptimized } from "../../hardhat.config.ts";
import { compileSolidity, errorsOf, mustCompile, type SolidityOutput } from "../solidity/compileSolidity.ts";
import type { Target } from "./readMutants.ts";
import type { Verdict, WorkerSetup, WorkerTask } from "./workerMessages.ts";

type Code = { readonly bytecode: string; readonly deployedBytecode: string; readonly immutableReferences: object };
type SolidityRun = {
  readonly suiteResults: readonly {
    readonly id: { readonly name: string };
    readonly testResults: readonly { readonly name: string; readonly status: string }[];
  }[];
};

/** Tests that draw at random, or walk through everything, take most of the time; the others find most, and run first. */
const LONG = "^(testFuzz|invariant|test_[A-Za-z]*Handler)";
/** A million draws from code that is inside the test: whatever the mutant, they are the same. */
const STATISTICS = "^test_Draws_";

/** Without the hash of the sources, and optimised, code that does the same looks the same. */
const comparable = { ...optimized.settings, metadata: { bytecodeHash: "none", appendCBOR: false } };

/** By target: the comparable code of what is not changed. Most mutants do not live to be compared. */
const originals = new Map<string, string>();
let setup: WorkerSetup | undefined;

process.on("message", (message: WorkerSetup | WorkerTask) => {
  if ("sources" in message) setup = message;
  else if (setup !== undefined) void judge(setup, message).then((verdict) => process.send?.(verdict));
});

// Whoever started it is gone.
process.on("disconnect", () => process.exit());

async function judge(setup: WorkerSetup, task: WorkerTask): Promise<Verdict> {
  const sources = new Map([...setup.sources, [task.path, task.text]]);
  const output = compile(sources, task, unoptimized.settings);
  if (errorsOf(output) !== "") return { status: "invalid", by: [] };
  const by = await failingWith(setup, task, codesOf(output, task));
  if (by.length > 0) return { status: "killed", by };
  const same = comparableCode(sources, task) === originalCode(setup, task);
  return { status: same ? "equivalent" : "survived", by: [] };
}

function originalCode(setup: WorkerSetup, task: WorkerTask): string {
  const key = JSON.stringify(task.targets);
  const code = originals.get(key) ?? comparableCode(new Map(setup.sources), task);
  originals.set(key, code);
  return code;
}

function comparableCode(sources: ReadonlyMap<string, string>, task: WorkerTask): string {
  return JSON.stringify(codesOf(mustCompile(compile(sources, task, comparable)), task));
}

/** @returns the tests that fail when the targets have this code */
async function failingWith({ artifacts }: WorkerSetup, { targets }: WorkerTask, codes: readonly Code[]) {
  const restore = targets.map((target, n) => patch(artifactPath(artifacts, target), codes[n]));
  try {
    const by = await failing({ grepExclude: `${LONG}|${STATISTICS}` });
    return by.length > 0 ? by : await failing({ grep: LONG });
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
