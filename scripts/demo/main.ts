/** `npm run demo`: the whole protocol once, with real processes. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { enterCallerDirectory } from "../../node/src/cli/callerDirectory.ts";
import { parseChain } from "../../node/src/cli/dev.ts";
import { runCommand } from "../../node/src/cli/runCommand.ts";
import { untilStopped } from "../../node/src/cli/untilStopped.ts";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import { formatReport } from "./formatReport.ts";
import { type DemoReport, runDemo } from "./runDemo.ts";

const help = `
npm run demo -- [options]

  --archive FILE   your own X/Twitter archive (.zip as downloaded); without it, a sample is made
  --chain KIND     hardhat (default), anvil, or geth (built with Go, once)
  --port NUMBER    port of the chain; default a free one
  --keep           keep the run directory with logs, blocks and recorded RPC
  --json           the last line of stdout is one JSON object
`;

/** What must be refused, and with which code. */
const wanted = {
  revoked: "GRANT_REVOKED",
  program: "PROGRAM_NOT_GRANTED",
  segment: "SEGMENT_NOT_GRANTED",
  tampered: "DIGEST_MISMATCH",
  stranger: "NODE_KEY_UNKNOWN",
  exhausted: "GRANT_EXHAUSTED",
} as const;

async function main(): Promise<void> {
  const options = parseOptions();
  if (options.help) {
    process.stdout.write(help);
    return;
  }
  const signal = untilStopped();
  const parent = join(repositoryRoot, ".run");
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const runDir = await mkdtemp(join(parent, "demo-"));
  try {
    const report = await runDemo({
      archive: options.archive === undefined ? undefined : resolve(options.archive),
      chain: parseChain(options.chain),
      port: portOf(options.port),
      runDir,
      installMs: Number(process.env["PERSONA_INSTALL_MS"] ?? 0),
      quiet: options.json,
      signal,
    });
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : formatReport(report));
    requireWanted(report);
  } finally {
    if (!options.keep) await rm(runDir, { recursive: true, force: true });
    else process.stderr.write(`kept: ${runDir}\n`);
  }
}

function requireWanted({ ok, refused, leaks, result, expected }: DemoReport): void {
  for (const [name, code] of Object.entries(wanted)) {
    const got = refused[name as keyof typeof wanted];
    if (got !== code)
      throw new PersonaError("INTERNAL", "Something was not refused as it must be.", {
        data: { name, got, wanted: code },
      });
  }
  if (!ok)
    throw new PersonaError("INTERNAL", "The demo's result is wrong.", {
      data: { leaks, result: JSON.stringify(result), expected: JSON.stringify(expected) },
    });
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new PersonaError("USAGE", "--port takes a number from 0 to 65535.", { data: { port: text } });
}

function parseOptions() {
  try {
    return parseArgs({
      options: {
        archive: { type: "string" },
        chain: { type: "string", default: "hardhat" },
        port: { type: "string", default: "0" },
        keep: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (cause) {
    throw new PersonaError("USAGE", `${(cause as Error).message.split(". ")[0]}.${help}`, { cause });
  }
}

enterCallerDirectory();
await runCommand(main, { json: process.argv.includes("--json") });
