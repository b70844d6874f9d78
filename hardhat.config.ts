import { fileURLToPath } from "node:url";
import ignition from "@nomicfoundation/hardhat-ignition";
import { defineConfig } from "hardhat/config";

// Nothing can be downloaded on a build machine: the compiler is the pinned `solc` package from npm.
const soljson = fileURLToPath(new URL("node_modules/solc/soljson.js", import.meta.url));

/** For test/contracts/gas, which runs the code that is deployed, and for what test/vectors/ says of every message. */
export const fsPermissions = { readDirectory: ["./artifacts", "./test/vectors"] };

const compiler = (settings: object) => ({
  version: "0.8.37",
  path: soljson,
  settings: { evmVersion: "osaka", ...settings },
});

/** Of what is deployed. */
export const viaIR = compiler({ viaIR: true, optimizer: { enabled: true, runs: 200 } });
/**
 * Of what checks evidence: it calculates more than it is large. Without the precompile, a signature of P-256 costs 234,000 gas
 * by it and 348,000 by the one above.
 */
const forSpeed = compiler({ viaIR: true, optimizer: { enabled: true, runs: 1_000_000 } });
const calculating = Object.fromEntries(
  ["DcapVerifier", "MeasurementPolicy"].map((name) => [`contracts/attestation/${name}.sol`, forSpeed]),
);
/** Of the same in a fraction of the time: for Solidity tests and tools, never deployed (hardhat.test.config.ts). */
export const optimized = compiler({ viaIR: false, optimizer: { enabled: true, runs: 200 } });
export const unoptimized = compiler({ viaIR: false, optimizer: { enabled: false } });
/** Not optimised either, of what has a stack that only the compiler via IR can lay out: it asks for an optimiser, with no steps. */
export const unoptimizedViaIR = compiler({
  viaIR: true,
  optimizer: {
    enabled: true,
    details: {
      ...Object.fromEntries(
        ["peephole", "inliner", "jumpdestRemover", "orderLiterals", "deduplicate", "cse", "constantOptimizer"].map(
          (step) => [step, false],
        ),
      ),
      yul: true,
      yulDetails: { stackAllocation: true, optimizerSteps: ":" },
    },
  },
});

type Compiler = ReturnType<typeof compiler>;

/** @param overrides files that need another compiler, by path */
export const solidityConfig = (chosen: Compiler, overrides: Readonly<Record<string, Compiler>> = {}) => {
  const profile = { isolated: false, compilers: [chosen], overrides };
  return {
    // Governance is OpenZeppelin's own contract, deployed as it is.
    npmFilesToBuild: ["@openzeppelin/contracts/access/manager/AccessManager.sol"],
    // Where only one is named, Hardhat makes "production" of its own defaults: other bytecode, and what explorers would be sent.
    profiles: { default: profile, production: profile },
  };
};

export default defineConfig({
  // For its commands about a deployment (status, transactions, wipe, visualize); `npm run deploy` deploys.
  plugins: [ignition],
  solidity: solidityConfig(viaIR, calculating),
  paths: { sources: "./contracts", tests: { solidity: "./test/contracts" } },
  test: { solidity: { fsPermissions } },
  networks: { default: { type: "edr-simulated", hardfork: "osaka" } },
});
