/**
 * For `hardhat test solidity`: without the IR pipeline the compiler (in WebAssembly) takes a fifth of the time. The artifacts
 * of what is deployed are made via IR, lie elsewhere, and are what every test in TypeScript and the demo run on.
 * `HARDHAT_CONFIG=hardhat.config.ts npx hardhat test solidity` runs the same tests via IR.
 */
import { defineConfig } from "hardhat/config";
import { solidityConfig } from "./hardhat.config.ts";

export default defineConfig({
  solidity: solidityConfig({ viaIR: false }),
  paths: {
    sources: "./contracts",
    tests: { solidity: "./test/contracts" },
    artifacts: "./cache/test-artifacts",
    cache: "./cache/test",
  },
  networks: { default: { type: "edr-simulated", hardfork: "osaka" } },
});
