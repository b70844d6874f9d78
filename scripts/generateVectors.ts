// npm run vectors [-- --check]: writes test/vectors/ from the SDK, or says where it differs.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatJson } from "./command/formatJson.ts";
import { runCommand } from "./command/runCommand.ts";
import { envelopeVectors } from "./vectors/envelopeVectors.ts";
import { evidenceVectors } from "./vectors/evidenceVectors.ts";
import { raceVectors } from "./vectors/raceVectors.ts";
import { typedDataVectors } from "./vectors/typedDataVectors.ts";

const usage = `
usage: npm run vectors [-- --check]

Writes test/vectors/: each signed message with its digest, made by viem and by ethers, the race for open jobs, encrypted objects,
by WebCrypto and by node:crypto, and what verifier nodes sign with the ids of workloads. Nothing is written where two libraries, or the race and its exact logarithm, disagree.
  --check  writes nothing; exit code 1 when a file differs from what the SDK says`;

const root = process.env["PERSONA_TOOLS_ROOT"] ?? fileURLToPath(new URL("..", import.meta.url));

await runCommand({ usage, options: { check: { type: "boolean", default: false } } }, async ({ check }) => {
  const files = {
    "test/vectors/typed-data.json": formatJson(await typedDataVectors()),
    "test/vectors/race.json": formatJson(raceVectors()),
    "test/vectors/envelope.json": formatJson(await envelopeVectors()),
    "test/vectors/evidence.json": formatJson(await evidenceVectors()),
  };
  const stale = Object.entries(files).filter(([path, wanted]) => read(path) !== wanted);
  if (stale.length === 0) process.stdout.write("test/vectors/ is current.\n");
  for (const [path, wanted] of stale) {
    if (check) {
      process.stderr.write(`${path} is not what the SDK says, from line ${firstDifference(read(path), wanted)} on.\n`);
      continue;
    }
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), wanted);
    process.stdout.write(`${path} written.\n`);
  }
  if (!check || stale.length === 0) return 0;
  process.stderr.write(`
What others have signed or encrypted no longer means the same. If it is meant: \`npm run vectors\`, and commit it with the contract.\n`);
  return 1;
});

function read(path: string): string {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "";
}

function firstDifference(current: string, wanted: string): number {
  const lines = wanted.split("\n");
  const at = current.split("\n").findIndex((line, index) => line !== lines[index]);
  return (at === -1 ? current.split("\n").length : at) + 1;
}
