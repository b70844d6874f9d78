/**
 * For `hardhat test solidity`: without the IR pipeline the compiler (in WebAssembly) takes a fifth of the time. The artifacts
 * of what is deployed are made via IR, lie elsewhere, and are what every test in TypeScript and the demo run on.
 * `HARDHAT_CONFIG=hardhat.config.ts npx hardhat test solidity` runs the same tests via IR.
 */
import { defineConfig } from "hardhat/config";
import { fsPermissions, solidityConfig } from "./hardhat.config.ts";

// `npm run test:deep` sets them; scripts/deep/ checks that the runs were made.
const deepRuns = Number(process.env["PERSONA_DEEP_RUNS"] ?? 1_000);
const deepDepth = Number(process.env["PERSONA_DEEP_DEPTH"] ?? 100);
const seed = process.env["PERSONA_DEEP_SEED"];
const deepSeed = seed === undefined ? {} : { seed };

export default defineConfig({
  solidity: solidityConfig({ viaIR: false }),
  paths: {
    sources: "./contracts",
    tests: { solidity: "./test/contracts" },
    // Mutants are put into copies of them (scripts/mutate/).
    artifacts: process.env["PERSONA_TEST_ARTIFACTS"] ?? "./cache/test-artifacts",
    cache: "./cache/test",
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
