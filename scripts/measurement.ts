// npm run measurement [-- --check]: writes node/enclave/measurement.json from a fresh build, or says where it differs.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBundle, buildIngestBundle } from "../node/src/enclave/bundle/buildBundle.ts";
import { readBundle } from "../node/src/enclave/runtime/measuredBundle.ts";
import { formatJson } from "./command/formatJson.ts";
import { runCommand } from "./command/runCommand.ts";
import { compareMeasurements, type Measured, measuredPlatform } from "./measurement/compareMeasurements.ts";

const OUTPUT = "node/enclave/measurement.json";
/** Each enclave has one of its own. */
const enclaves = [
  { output: OUTPUT, build: buildBundle },
  { output: "node/enclave/ingest-measurement.json", build: buildIngestBundle },
];

const usage = `
usage: npm run measurement [-- --check]

Builds the enclave from nothing and writes ${OUTPUT}: the digest of each file, the measurement that they make on
${measuredPlatform}, and every package that has code in it.
  --check  writes nothing; exit code 1 when the enclave is not the committed one`;

const root = process.env["PERSONA_TOOLS_ROOT"] ?? fileURLToPath(new URL("..", import.meta.url));

await runCommand({ usage, options: { check: { type: "boolean", default: false } } }, async ({ check }) => {
  let code = 0;
  for (const { output, build } of enclaves) code = Math.max(code, await compare(check, output, build));
  return code;
});

async function compare(check: boolean, output: string, build: typeof buildBundle): Promise<0 | 1> {
  const path = join(root, output);
  const now = await measure(build);
  const committed = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Measured) : undefined;
  const difference = compareMeasurements(committed, now);
  if (difference === "") {
    process.stdout.write(`${output} is current.\n`);
    return 0;
  }
  if (check) {
    process.stderr.write(`${difference}\n
What runs inside enclaves is not what ${output} says (- committed, + now). A deployment must allow the new measurement before
its nodes start with it, and grants that do not follow upgrades stay with the old one. If it is meant:
\`npm run measurement\`, and commit it with the change.\n`);
    return 1;
  }
  if (now.platform !== measuredPlatform) {
    process.stderr.write(`${difference}\n\nThis is ${now.platform}: the file is written on ${measuredPlatform}.\n`);
    return 1;
  }
  writeFileSync(path, formatJson(now));
  process.stdout.write(`${difference}\n${output} written.\n`);
  return 0;
}

async function measure(build: typeof buildBundle): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), "persona-measurement-"));
  try {
    const { files, packages } = await build(root, folder);
    const { measurement } = readBundle(folder);
    return { platform: `${process.platform}-${process.arch}`, measurement, files, packages };
  } finally {
    await rm(folder, { recursive: true });
  }
}
