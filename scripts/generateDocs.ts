/**
 * Writes docs/errors.md, sdk/src/errors/errorFacts.ts, docs/node-config.md, docs/connectors.md, docs/schemas and the tables of docs/deployment.md and
 * docs/attestation.md from the code that they describe; with `--check` fails when they differ.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { failureCodes } from "@persona-protocol/sdk/compute";
import { type ErrorEntry, errorTable } from "@persona-protocol/sdk/errors";
import { z } from "zod";
import { nodeSettings, variablePrefix } from "../node/src/config/nodeSettings.ts";
import { fileVariable } from "../node/src/config/resolveNodeConfig.ts";
import { networkParameters } from "../node/src/deploy/protocolParameters.ts";
import { roles } from "../node/src/deploy/roles.ts";
import { repositoryRoot } from "../node/src/dev/repositoryRoot.ts";
import { attestationPage } from "./docs/attestationPage.ts";
import { connectorsPage } from "./docs/connectorsPage.ts";
import { errorFactsModule, sourceFactsModule } from "./docs/errorFacts.ts";
import { schemaPages, strangers } from "./docs/schemaPages.ts";

const exits = { 1: "1 (fatal)", 2: "2 (refused)", 75: "75 (temporary: try again)" } as const;
const ranges = [
  "proved, before release",
  "proved, after release",
  "unproved, before release",
  "unproved, after release",
] as const;

const pages = {
  "docs/errors.md": errorsPage(),
  "sdk/src/errors/errorFacts.ts": errorFactsModule(),
  "sdk/src/errors/sourceFacts.ts": sourceFactsModule(),
  "docs/node-config.md": nodeConfigPage(),
  "docs/deployment.md": deploymentPage(),
  "docs/connectors.md": connectorsPage(),
  "docs/attestation.md": attestationPage(),
  ...schemaPages(),
};
let stale = 0;
for (const [path, text] of Object.entries(pages)) {
  const file = join(repositoryRoot, path);
  if (!process.argv.includes("--check")) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    continue;
  }
  if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
  stale += 1;
  process.stderr.write(`${path} is not what its source says: run npm run docs\n`);
}
for (const path of strangers()) {
  stale += 1;
  process.stderr.write(`${path} is the schema of nothing: a published version stays in the code, or the file goes\n`);
}
process.exitCode = stale === 0 ? 0 : 1;

function errorsPage(): string {
  const entries = Object.entries(errorTable) as [string, ErrorEntry][];
  const shared = entries.filter(([, entry]) => entry.reason !== undefined);
  const others = entries.filter(([, entry]) => entry.reason === undefined);
  return [
    "# Errors",
    "",
    "Generated from `sdk/src/errors/errorTable.ts` by `npm run docs`. Codes are stable; texts are not. The exit code is that of the `persona`",
    "command and of the daemon: 0 done, 1 fatal, 2 refused, 75 temporary.",
    "",
    "## Refusals shared by contracts, guardians and enclaves",
    "",
    "In the order of the checks: the first that fails is reported. The number is the place in the Solidity enum `Reason`; from 256 on it is guardians' own, and no contract's.",
    ...shared.flatMap(section),
    "",
    "## Everything else",
    ...others.flatMap(section),
    "",
    "## Failure codes of receipts",
    "",
    "A job that ends without a result ends with one of these, signed by the enclave. What it means for uses, prices and fee is in",
    "[protocol.md](protocol.md) 5.5.",
    "",
    "| code | name | kind |",
    "|---|---|---|",
    ...Object.entries(failureCodes).map(
      ([name, code]) => `| ${code} | [${name}](#${name.toLowerCase()}) | ${ranges[Math.floor(code / 16)]} |`,
    ),
    "",
  ].join("\n");
}

function section([code, { why, fix, exit, reason }]: [string, ErrorEntry]): string[] {
  return [
    "",
    `### ${code}`,
    "",
    `${why} ${fix}`,
    "",
    `Exit code ${exits[exit]}${reason === undefined ? "" : `; reason ${reason}`}.`,
  ];
}

/** Written by hand, but for what is between the two marks of each table. */
function deploymentPage(): string {
  const rolesTable = [
    "| role | may call | waits | cancelled by | why |",
    "|---|---|---|---|---|",
    ...roles.map(({ name, functions, delay, cancelledBy = "ADMIN", why }) => {
      const calls = Object.entries(functions).flatMap(([target, names]) => names.map((fn) => `\`${target}.${fn}\``));
      return `| ${name} | ${calls.join(", ") || "nothing yet"} | ${delay === "none" ? "no" : `\`${delay}\``} | ${delay === "none" ? "" : cancelledBy} | ${why} |`;
    }),
  ];
  const { properties = {}, required = [] } = z.toJSONSchema(networkParameters, { io: "input", unrepresentable: "any" });
  const parametersTable = ["| parameter | default | what it is |", "|---|---|---|", ...rowsOf(properties, required)];
  let text = readFileSync(join(repositoryRoot, "docs/deployment.md"), "utf8");
  for (const [name, table] of Object.entries({ roles: rolesTable, parameters: parametersTable }))
    text = text.replace(
      new RegExp(`(<!-- ${name}: npm run docs -->\n).*?(<!-- end -->)`, "s"),
      (_, start: string, end: string) => `${start}${table.join("\n")}\n${end}`,
    );
  return text;
}

function nodeConfigPage(): string {
  const rows = nodeSettings().map(({ name, type, choices, preset, isRequired, description }) => {
    const kind = choices === undefined ? type : choices.map((choice) => `\`${choice}\``).join(" or ");
    const given = isRequired ? "required" : preset === undefined ? "" : `\`${JSON.stringify(preset)}\``;
    return `| \`${name}\` | ${kind} | ${given} | ${description} |`;
  });
  const [first] = nodeSettings().filter(({ name }) => name === "rpcUrl");
  return [
    "# Configuration of a node",
    "",
    "Generated from `node/src/config/nodeConfig.ts` by `npm run docs`. Each setting can be given in four places; an earlier one goes before a later one:",
    "",
    `1. a flag of \`persona node start\`, such as \`${first?.flag} http://127.0.0.1:8545\`; lists are separated by commas;`,
    `2. the environment, such as \`${first?.variable}\`;`,
    `3. the JSON file that \`--config\` or \`${fileVariable}\` names, where lines that begin with \`//\` are comments (\`persona node init\` writes one);`,
    "4. the default.",
    "",
    `Unknown settings are refused, in the file, among the flags, and among variables that begin with \`${variablePrefix}\`. Relative paths are relative to the file,`,
    "or to the folder that the command was called in. No key or passphrase is a setting: they are in the files that settings name. A URL may hold a key of",
    "its own, in its path, query or credentials: such a URL is taken from the file only (others see flags and environment). The daemon logs the",
    "configuration with which it starts, and where each setting is from; `passphraseFile` and all of a URL but scheme, host and port as `<set>`.",
    "",
    "| setting | type | default | what it is |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

/** A row for each setting of a JSON schema. */
function rowsOf(properties: Readonly<Record<string, unknown>>, required: readonly string[]): string[] {
  return Object.entries(properties).map(([name, value]) => {
    const { default: preset, description = "" } = value as { default?: unknown; description?: string };
    const given = required.includes(name) ? "required" : `\`${JSON.stringify(preset)}\``;
    return `| \`${name}\` | ${given} | ${description} |`;
  });
}
