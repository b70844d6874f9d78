// npm run test:deep [-- --only PART --mutations N --runs N --depth N --seed HEX --grep PATTERN]: tests with far more randomness.
import { runCommand, wholeNumber } from "./command/runCommand.ts";
import { ToolError } from "./command/ToolError.ts";
import { type FuzzedLayer, fuzzedLayers, runMutations } from "./deep/mutations.ts";
import { randomTests, type SolidityRun, shortRuns } from "./deep/shortRuns.ts";

const usage = `
usage: npm run test:deep [-- --only PART --mutations N --runs N --depth N --seed HEX --grep PATTERN]

Changed bytes for whatever reads what others wrote, and the Solidity tests in the profile "deep" of hardhat.test.config.ts.
  --only   one part: solidity, ${fuzzedLayers.join(", ")}
  --mutations  changed objects of each kind, 100000
  --runs   runs of each invariant, 1000; fuzz tests get ten times as many
  --depth  calls in each of those runs, 100
  --seed   another seed, as 0x…: other calls. Without it, the same calls every time
  --grep   only the Solidity tests whose name matches: invariant_01, or invariant_ for all of them

Exit code 1 when a test fails, and when one had fewer runs than were asked for.`;

/** `invariant_AllAtOnce` asks them after every call of one walk; a walk for each of them would be the same calls 36 times. */
const ASKED_TOGETHER = "^invariant_(0[1-9]|[12][0-9]|3[0-6])_";

const options = {
  only: { type: "string" },
  mutations: { type: "string", default: "100000" },
  runs: { type: "string", default: "1000" },
  depth: { type: "string", default: "100" },
  seed: { type: "string" },
  grep: { type: "string" },
} as const;

await runCommand({ usage, options }, async ({ grep, seed, only, ...values }) => {
  const mutations = wholeNumber("mutations", values.mutations, 1);
  const runs = wholeNumber("runs", values.runs, 1);
  const depth = wholeNumber("depth", values.depth, 1);
  if (seed !== undefined && !/^0x[0-9a-f]{1,64}$/i.test(seed)) throw new ToolError("--seed must be 0x and digits.", 2);
  const parts = ["solidity", ...fuzzedLayers] as const;
  if (only !== undefined && !parts.some((part) => part === only)) {
    throw new ToolError(`--only must be one of ${parts.join(", ")}, not ${JSON.stringify(only)}.`, 2);
  }
  // A pattern names Solidity tests.
  const layers: readonly FuzzedLayer[] = grep === undefined ? fuzzedLayers : [];
  let allPassed = true;
  for (const layer of layers.filter((name) => only === undefined || only === name)) {
    if (!(await runMutations(layer, { mutations, seed }))) allPassed = false;
  }
  if (only !== undefined && only !== "solidity") return allPassed ? 0 : 1;
  // Read when Hardhat is loaded, hence before it is.
  process.env["HARDHAT_CONFIG"] = "hardhat.test.config.ts";
  process.env["PERSONA_DEEP_RUNS"] = String(runs);
  process.env["PERSONA_DEEP_DEPTH"] = String(depth);
  if (seed !== undefined) process.env["PERSONA_DEEP_SEED"] = seed;
  const { default: hre } = await import("hardhat");
  const returned: unknown = await hre.tasks
    .getTask(["test", "solidity"])
    .run({ testProfile: "deep", ...(grep === undefined ? { grepExclude: ASKED_TOGETHER } : { grep }) });
  const { success, value, error } = returned as { success: boolean; value?: SolidityRun; error?: SolidityRun };
  const tests = randomTests(value ?? error ?? { suiteResults: [] });
  for (const { title, runs, calls, seconds } of tests) {
    const amount = `${runs.toLocaleString("en")} runs${calls === undefined ? "" : `, ${calls.toLocaleString("en")} calls`}`;
    process.stdout.write(`${seconds.toFixed(1).padStart(7)} s  ${title}  ${amount}\n`);
  }
  if (!success) return 1;
  if (tests.length === 0) throw new ToolError("No fuzz test and no invariant matches.");
  const short = shortRuns(tests, { fuzz: runs * 10, runs, depth });
  if (short.length > 0) throw new ToolError(`Fewer runs than were asked for:\n${short.join("\n")}`);
  return allPassed ? 0 : 1;
});
