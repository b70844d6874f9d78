// npm run layouts [-- --check]: writes docs/storage-layout.json from contracts/, or says where it differs.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatJson } from "./command/formatJson.ts";
import { runCommand } from "./command/runCommand.ts";
import { diffLayouts } from "./layouts/diffLayouts.ts";
import { type Layouts, readLayouts } from "./layouts/readLayouts.ts";

const OUTPUT = "docs/storage-layout.json";

const usage = `
usage: npm run layouts [-- --check]

Writes ${OUTPUT}: slot, offset and type of everything that each contract stores.
  --check  writes nothing; exit code 1 when it differs from what the contracts say`;

const root = process.env["PERSONA_TOOLS_ROOT"] ?? fileURLToPath(new URL("..", import.meta.url));

await runCommand({ usage, options: { check: { type: "boolean", default: false } } }, ({ check }) => {
  const path = join(root, OUTPUT);
  const layouts = readLayouts(root);
  const wanted = formatJson(layouts);
  const current = existsSync(path) ? readFileSync(path, "utf8") : "{}";
  if (current === wanted) {
    process.stdout.write(`${OUTPUT} is current.\n`);
    return 0;
  }
  const difference = diffLayouts(JSON.parse(current) as Layouts, layouts);
  if (check) {
    process.stderr.write(`${difference || "Only its format differs."}\n
Storage moved against ${OUTPUT} (- committed, + now). Enclaves read slots through proofs, and what is deployed keeps its own.
If it is meant: \`npm run layouts\`, and commit it with the contract.\n`);
    return 1;
  }
  writeFileSync(path, wanted);
  process.stdout.write(`${difference}\n${OUTPUT} written.\n`);
  return 0;
});
