import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckResult } from "./checks.ts";

const DOCUMENT = "docs/dependencies.md";
const MANIFESTS = [
  "package.json",
  "sdk/package.json",
  "node/package.json",
  "node/src/enclave/runtime/package.json",
  "node/src/enclave/ingest/package.json",
  "indexer/package.json",
  "portal/package.json",
  "create-persona-app/template/package.json",
];
/** Installed apart from all others, and met by nothing that runs: each may have another version of a tool. */
const APART = ["docs/site/package.json"];
const INSTALLED = ["dependencies", "devDependencies", "optionalDependencies"] as const;
const PEERS = ["peerDependencies"] as const;

type Field = (typeof INSTALLED)[number] | (typeof PEERS)[number];
type Manifest = Partial<Record<Field, Record<string, string>>>;

/**
 * Every dependency has a row in docs/dependencies.md that starts with its name, every such row a dependency, and two manifests
 * that install the same package install the same version: tests would otherwise test another one than what runs. Peers are
 * ranges, and the user's choice.
 */
export function dependencyDocs(root: string): CheckResult {
  const path = join(root, DOCUMENT);
  if (!existsSync(path)) return { ok: false, output: `${DOCUMENT} is missing.` };
  const described = new Set([...readFileSync(path, "utf8").matchAll(/^\| `([^`]+)`/gm)].map(([, name = ""]) => name));
  const read = (files: readonly string[]) =>
    files
      .filter((file) => existsSync(join(root, file)))
      .map((file): Manifest => JSON.parse(readFileSync(join(root, file), "utf8")));
  const manifests = read(MANIFESTS);
  const named = (fields: readonly Field[], of = manifests) =>
    of
      .flatMap((manifest) => fields.flatMap((field) => Object.entries(manifest[field] ?? {})))
      .filter(([name]) => !name.startsWith("@persona-protocol/"));
  const installed = named(INSTALLED);
  const used = new Set([...installed, ...named(PEERS), ...named(INSTALLED, read(APART))].map(([name]) => name));
  const versions = (wanted: string) =>
    new Set(installed.filter(([name]) => name === wanted).map(([, version]) => version));
  const problems = [
    ...[...used]
      .filter((name) => versions(name).size > 1)
      .map((name) => `${name} is named in the versions ${[...versions(name)].join(" and ")}`),
    ...[...used].filter((name) => !described.has(name)).map((name) => `${name} is used, but not in ${DOCUMENT}`),
    ...[...described].filter((name) => !used.has(name)).map((name) => `${name} is in ${DOCUMENT}, but not used`),
  ];
  return { ok: problems.length === 0, output: problems.join("\n") };
}
