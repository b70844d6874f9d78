/**
 * Writes docs/errors.md, docs/node-config.md, docs/connectors.md, docs/schemas and the tables of docs/deployment.md and
 * docs/attestation.md from the code that they describe; with `--check` fails when they differ.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { failureCodes } from "@persona-protocol/sdk/compute";
import { type ErrorEntry, errorTable } from "@persona-protocol/sdk/errors";
import { z } from "zod";
import { nodeConfigJsonSchema } from "../node/src/config.ts";
import { networkParameters } from "../node/src/deploy/protocolParameters.ts";
import { roles } from "../node/src/deploy/roles.ts";
import { repositoryRoot } from "../node/src/dev/repositoryRoot.ts";
import { attestationPage } from "./docs/attestationPage.ts";
import { connectorsPage } from "./docs/connectorsPage.ts";
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
    "In the order of the checks: the first that fails is reported. The number is the place in the Solidity enum `Reason`.",
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
  const parametersTable = [
    "| parameter | default | what it is |",
    "|---|---|---|",
    ...rowsOf(properties, required, false),
  ];
  let text = readFileSync(join(repositoryRoot, "docs/deployment.md"), "utf8");
  for (const [name, table] of Object.entries({ roles: rolesTable, parameters: parametersTable }))
    text = text.replace(
      new RegExp(`(<!-- ${name}: npm run docs -->\n).*?(<!-- end -->)`, "s"),
      (_, start: string, end: string) => `${start}${table.join("\n")}\n${end}`,
    );
  return text;
}

function nodeConfigPage(): string {
  const { properties = {}, required = [] } = nodeConfigJsonSchema();
  const rows = rowsOf(properties, required, true);
  return [
    "# Configuration of a node",
    "",
    "Generated from `node/src/config.ts` by `npm run docs`. `persona node start --config FILE` reads one JSON file; unknown settings are refused, relative",
    "paths are relative to the file, and secrets come only from the files it names.",
    "",
    "| setting | type | default | what it is |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

/** A row for each setting of a JSON schema. */
function rowsOf(
  properties: Readonly<Record<string, unknown>>,
  required: readonly string[],
  withType: boolean,
): string[] {
  return Object.entries(properties).map(([name, value]) => {
    const {
      type = "",
      enum: choices,
      default: preset,
      description = "",
    } = value as { type?: string; enum?: string[]; default?: unknown; description?: string };
    const kind = choices === undefined ? type : choices.map((choice) => `\`${choice}\``).join(" or ");
    const given = required.includes(name) ? "required" : `\`${JSON.stringify(preset)}\``;
    return `| \`${name}\` |${withType ? ` ${kind} |` : ""} ${given} | ${description} |`;
  });
}
