// `hardhat test solidity` as a program of its own that also sends its counts, from what Hardhat returns, to scripts/test.ts.
import { parseArgs } from "node:util";
import { countSolidityTests } from "./countSolidityTests.ts";

// Read when Hardhat is loaded, hence before it is. Whoever sets it already means another one.
process.env["HARDHAT_CONFIG"] ??= "hardhat.test.config.ts";
const { default: hre } = await import("hardhat");

const { values } = parseArgs({ options: { grep: { type: "string" } } });

const returned: unknown = await hre.tasks
  .getTask(["test", "solidity"])
  .run(values.grep === undefined ? {} : { grep: values.grep });

const { success, value, error } = returned as { success: boolean; value?: unknown; error?: unknown };
const result = countSolidityTests((success ? value : error) as Parameters<typeof countSolidityTests>[0], success);
process.send?.(result);
process.exitCode = result.failed > 0 ? 1 : 0;
