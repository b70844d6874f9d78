// A process that judges mutants, one after the other: it keeps the compiler and the tests loaded. Started by judgeMutants.ts.
//
// Tests deploy contracts by `vm.getCode`, from artifacts. So only the contract that was changed is compiled, together with its
// other mutants, and the tests are run as they are compiled already.
import { type Build, codesFromBuild, compileBatch, compileMutant, isEquivalent } from "./compileMutants.ts";
import type { Mutant } from "./Mutant.ts";
import { suiteOf } from "./nearSuites.ts";
import { nameOf } from "./readMutants.ts";
import { type Codes, SolidityTests } from "./SolidityTests.ts";
import type { PreparedTests, PrepareTask, Verdict, WorkerSetup, WorkerTask } from "./workerMessages.ts";

/** Tests that draw at random, or walk through everything, take most of the time; the others find most, and run first. */
const RANDOM = "^(testFuzz|invariant)";
/**
 * Not run: a million draws from code that is inside the test; how much a walk reaches; and walks for one invariant each, which
 * `invariant_AllAtOnce` asks together. What only they would notice counts as survived.
 */
const NEVER = "^test_(Draws_|[A-Za-z]*Handler)";
const ASKED_TOGETHER = "^invariant_(0[1-9]|[12][0-9]|3[0-6])_";
/** A mutant that needs more draws or longer walks than these is not held by tests: they differ from seed to seed. */
const RANDOMNESS = { fuzzRuns: 16, walks: { runs: 2, depth: 50 } };

let setup: WorkerSetup | undefined;
let loading: Promise<SolidityTests> | undefined;
type LastBuild = { readonly key: string; readonly build: Build; readonly passed: Set<string> };
/** By what is compiled: the last batch, and the test contracts that are known to pass on it while no mutant is chosen. */
const lastBuilds = new Map<string, LastBuild>();

process.on("message", (message: WorkerSetup | WorkerTask | PrepareTask) => {
  if ("sources" in message) setup = message;
  else if ("reach" in message) void prepare(message).then((prepared) => process.send?.(prepared));
  else if (setup !== undefined) void judge(setup, message).then((verdict) => process.send?.(verdict));
});

// Whoever started it is gone.
process.on("disconnect", () => process.exit());

async function judge({ sources }: WorkerSetup, task: WorkerTask): Promise<Verdict> {
  const texts = new Map(sources);
  const mutant = task.batch.find(({ id }) => id === task.id);
  if (mutant === undefined) throw new Error(`There is no mutant ${task.id} among those to be compiled.`);
  if (task.isRandom) {
    if (isEquivalent(texts, task, mutant)) return { status: "equivalent", by: [] };
    return (await judgeOn(texts, task, mutant, random)) ?? { status: "survived", by: [] };
  }
  // A library's own harness is compiled in a tenth of the time, and most changes are noticed there.
  const [smallest, ...others] = task.alone;
  if (smallest !== undefined && others.length > 0) {
    const among = (suites: readonly string[]) => suites.filter((suite) => smallest.suites.includes(suite));
    const likely = task.likely.filter((title) => smallest.suites.includes(suiteOf(title)));
    const alone = { ...task, ...smallest, likely, near: among(task.near), far: among(task.far) };
    const verdict = await judgeOn(texts, alone, mutant, plain);
    if (verdict !== undefined) return verdict;
  }
  return (await judgeOn(texts, task, mutant, plain)) ?? { status: "passed", by: [] };
}

/** @returns undefined where every one of these tests passes */
async function judgeOn(
  texts: ReadonlyMap<string, string>,
  task: WorkerTask,
  mutant: Mutant,
  choice: Choice,
): Promise<Verdict | undefined> {
  const last = buildOf(texts, task);
  const built = codesFromBuild(last.build, mutant.id);
  const codes = built ?? compileMutant(texts, task, mutant);
  if (codes === undefined) return { status: "invalid", by: [] };
  const soon = choice === plain ? await failingOf(codes, task.likely) : [];
  const by = soon.length > 0 ? soon : await failing(codes, task, choice);
  if (by.length === 0) return undefined;
  if (built === undefined || (await isTrueBuild(last, by, choice))) return { status: "killed", by };
  lastBuilds.set(placeOf(task), {
    key: keyOf(task),
    build: { codes: new Map(), numbers: new Map() },
    passed: new Set(),
  });
  return judgeOn(texts, task, mutant, choice);
}

/** With none of its mutants chosen a build is the contract as it is: what kills one of them must pass on it. */
async function isTrueBuild({ build, passed }: LastBuild, by: readonly string[], choice: Choice): Promise<boolean> {
  const unchanged = codesFromBuild(build, "");
  if (unchanged === undefined) return false;
  const asked = (suite: string) => `${choice === random ? "random " : ""}${suite}`;
  const suites = [...new Set(by.map(suiteOf))].filter((suite) => !passed.has(asked(suite)));
  if (suites.length === 0) return true;
  const { failed } = await (await loadTests()).run({ codes: unchanged, suites, ...choice });
  for (const suite of suites) passed.add(asked(suite));
  return failed.length === 0;
}

const plain = { grepExclude: `${RANDOM}|${NEVER}` };
const random = { grep: RANDOM, grepExclude: ASKED_TOGETHER, ...RANDOMNESS };
type Choice = typeof plain | typeof random;

/** Of single tests those that fail. */
async function failingOf(codes: Codes, titles: readonly string[]): Promise<readonly string[]> {
  if (titles.length === 0) return [];
  const names = new Set(titles.map((title) => title.split(".")[1]?.split("(")[0]));
  const suites = [...new Set(titles.map(suiteOf))];
  const grep = `^(${[...names].join("|")})\\(`;
  return (await (await loadTests()).run({ codes, suites, ...plain, grep })).failed;
}

/** Those near first: most mutants fail there. */
async function failing(codes: Codes, { near, far }: WorkerTask, choice: Choice) {
  const tests = await loadTests();
  const { failed } = await tests.run({ codes, suites: near, ...choice });
  return failed.length > 0 ? failed : (await tests.run({ codes, suites: far, ...choice })).failed;
}

function buildOf(sources: ReadonlyMap<string, string>, task: WorkerTask): LastBuild {
  const [place, key] = [placeOf(task), keyOf(task)];
  const last = lastBuilds.get(place);
  if (last?.key === key) return last;
  const build = { key, build: compileBatch(sources, task), passed: new Set<string>() };
  lastBuilds.set(place, build);
  return build;
}

function placeOf({ targets }: WorkerTask): string {
  return targets.map(nameOf).join(" ");
}

function keyOf({ batch }: WorkerTask): string {
  return batch.map(({ id }) => id).join(" ");
}

function loadTests(): Promise<SolidityTests> {
  loading ??= SolidityTests.load();
  return loading;
}

/** Compiles the tests and runs them on the contracts as they are: what fails already would kill every mutant. */
async function prepare({ reach: names }: PrepareTask): Promise<PreparedTests> {
  const { default: hre } = await import("hardhat");
  await hre.tasks.getTask("build").run({ quiet: true });
  const tests = await loadTests();
  const suites = [...tests.suites.keys()];
  // What has passed on the same texts passes.
  for (const choice of names.length === 0 ? [] : [plain, random]) {
    const { failed } = await tests.run({ codes: new Map(), suites, ...choice });
    if (failed.length > 0) return { failed, suites: {}, reach: {} };
  }
  return { failed: [], suites: Object.fromEntries(tests.suites), reach: await findReach(tests, names) };
}

/** A test contract that passes where there is no such contract does not deploy it. */
async function findReach(tests: SolidityTests, names: readonly string[]): Promise<PreparedTests["reach"]> {
  const suites = [...tests.suites.keys()];
  const reach = Object.fromEntries(suites.map((suite) => [suite, [] as string[]]));
  for (const name of names) {
    // Each test once: they would all fail at once, in `setUp`, or never.
    const choice = { suites, grepExclude: NEVER, fuzzRuns: 1, walks: { runs: 1, depth: 1 } };
    const { failed } = await tests.run({ codes: new Map([[name, undefined]]), ...choice });
    for (const suite of new Set(failed.map(suiteOf))) reach[suite]?.push(name);
  }
  return reach;
}
