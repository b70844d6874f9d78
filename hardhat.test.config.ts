/**
 * For `hardhat test solidity`: the compiler (in WebAssembly) takes 3.5 minutes to optimise what it makes of contracts and tests
 * in one without, and five times as long via IR. The artifacts of what is deployed are made via IR, lie elsewhere, and are what
 * every test in TypeScript, the gas tests and the demo run on.
 * `HARDHAT_CONFIG=hardhat.config.ts npx hardhat test solidity` runs the same tests via IR.
 */
import { defineConfig } from "hardhat/config";
import { fsPermissions, optimized, solidityConfig, unoptimized, viaIR } from "./hardhat.config.ts";

// `npm run test:deep` sets them; scripts/deep/ checks that the runs were made. So many runs are worth the compilation.
const deep = process.env["PERSONA_DEEP_RUNS"] !== undefined;
const deepRuns = Number(process.env["PERSONA_DEEP_RUNS"] ?? 1_000);
const deepDepth = Number(process.env["PERSONA_DEEP_DEPTH"] ?? 100);
const seed = process.env["PERSONA_DEEP_SEED"];
const deepSeed = seed === undefined ? {} : { seed };

const needOptimizer = [
  // OpenZeppelin's P256 has a stack that only the optimiser can lay out.
  "test/contracts/helpers/P256Account.sol",
  // A million draws.
  "test/contracts/compute/WeightedRace.t.sol",
];

/** What reads certificates, and what lets keys in, has a stack that only the compiler via IR can lay out. */
const needIR = [
  "contracts/attestation/DcapVerifier.sol",
  "contracts/attestation/PckRegistry.sol",
  "contracts/attestation/TcbPolicy.sol",
  "contracts/compute/NodeRegistry.sol",
];

export default defineConfig({
  solidity: solidityConfig(
    deep ? optimized : unoptimized,
    Object.fromEntries([
      ...needOptimizer.map((path) => [path, optimized] as const),
      ...needIR.map((path) => [path, viaIR] as const),
    ]),
  ),
  paths: {
    sources: "./contracts",
    tests: { solidity: "./test/contracts" },
    artifacts: `./cache/${deep ? "deep" : "test"}-artifacts`,
    cache: `./cache/${deep ? "deep" : "test"}`,
  },
  // What a test needs otherwise it says itself: `hardhat-config: fuzz.runs = 1000`, or `hardhat-config: deep.fuzz.runs = …`.
  test: {
    solidity: {
      profiles: {
        default: { fsPermissions, fuzz: { runs: 256 }, invariant: { runs: 6, depth: 50 } },
        deep: {
          fsPermissions,
          fuzz: { runs: deepRuns * 10, ...deepSeed },
          invariant: { runs: deepRuns, depth: deepDepth },
        },
      },
    },
  },
  networks: { default: { type: "edr-simulated", hardfork: "osaka" } },
});
