// npm run coverage [-- --only typescript|solidity]: which lines the tests reach. Reports are left in coverage/.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { coverageCommands } from "./test/coverageCommands.ts";
import { runInherited } from "./test/runInherited.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({ options: { only: { type: "string" } } });
const chosen = coverageCommands(root).filter(({ name }) => values.only === undefined || values.only === name);

if (chosen.length === 0) {
  process.stderr.write(`There is no coverage of ${JSON.stringify(values.only)}; there is typescript and solidity.\n`);
  process.exitCode = 2;
} else {
  rmSync(join(root, "coverage"), { recursive: true, force: true });
  for (const { name, args } of chosen) {
    process.stdout.write(`\n── coverage of ${name} ──\n`);
    const code = await runInherited(args, root);
    if (code !== 0) process.exitCode = 1;
  }
}
