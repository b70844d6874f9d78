// `hardhat test solidity` as a program of its own that also sends its counts, from what Hardhat returns, to scripts/test.ts.
import { parseArgs } from "node:util";
import hre from "hardhat";
import { countSolidityTests } from "./countSolidityTests.ts";

const { values } = parseArgs({ options: { grep: { type: "string" } } });

const returned: unknown = await hre.tasks
  .getTask(["test", "solidity"])
  .run(values.grep === undefined ? {} : { grep: values.grep });

const { success, value, error } = returned as { success: boolean; value?: unknown; error?: unknown };
const result = countSolidityTests((success ? value : error) as Parameters<typeof countSolidityTests>[0], success);
process.send?.(result);
process.exitCode = result.failed > 0 ? 1 : 0;
