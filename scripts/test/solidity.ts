// `hardhat test solidity` as a program of its own that also compares gas with what was committed, and sends its counts, from
// what Hardhat returns, to scripts/test.ts.
//
// --accept-gas writes the gas instead: npm run gas:accept
import { parseArgs } from "node:util";
import { countSolidityTests } from "./countSolidityTests.ts";
import { compareGas, gasFigures, readGas, writeGas } from "./gasSnapshot.ts";

const SNAPSHOT = "test/contracts/gas/snapshot.json";

// Read when Hardhat is loaded, hence before it is. Whoever sets it already means another one.
process.env["HARDHAT_CONFIG"] ??= "hardhat.test.config.ts";
const { default: hre } = await import("hardhat");

const { values } = parseArgs({ options: { grep: { type: "string" }, "accept-gas": { type: "boolean" } } });

const returned: unknown = await hre.tasks
  .getTask(["test", "solidity"])
  .run(values.grep === undefined ? {} : { grep: values.grep });

const { success, value, error } = returned as { success: boolean; value?: unknown; error?: unknown };
const run = success ? value : error;
const counts = countSolidityTests(run as Parameters<typeof countSolidityTests>[0], success);
const changes = success ? checkGas(run as Parameters<typeof gasFigures>[0]) : [];
const result = { ...counts, failed: counts.failed + changes.length };
process.send?.(result);
process.exitCode = result.failed > 0 ? 1 : 0;

/** @returns what changed; each is a failure */
function checkGas(run: Parameters<typeof gasFigures>[0]): string[] {
  const measured = gasFigures(run);
  if (values["accept-gas"]) {
    writeGas(SNAPSHOT, measured);
    process.stdout.write(`${SNAPSHOT} written.\n`);
    return [];
  }
  const changes = compareGas(readGas(SNAPSHOT), measured, { partial: values.grep !== undefined });
  if (changes.length > 0) {
    process.stdout.write(`Gas changed:\n  ${changes.join("\n  ")}\n`);
    process.stdout.write(`If it is meant: \`npm run gas:accept\`, and commit ${SNAPSHOT} with the contract.\n\n`);
  }
  return changes;
}
