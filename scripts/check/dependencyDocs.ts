import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckResult } from "./checks.ts";

const DOCUMENT = "docs/dependencies.md";
const MANIFESTS = ["package.json", "sdk/package.json", "node/package.json"];
const FIELDS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const;

type Manifest = Partial<Record<(typeof FIELDS)[number], Record<string, string>>>;

/**
 * Every dependency has a row in docs/dependencies.md that starts with its name, every such row a dependency, and two manifests
 * that name the same package name the same version: tests would otherwise test another one than what runs.
 */
export function dependencyDocs(root: string): CheckResult {
  const path = join(root, DOCUMENT);
  if (!existsSync(path)) return { ok: false, output: `${DOCUMENT} is missing.` };
  const described = new Set([...readFileSync(path, "utf8").matchAll(/^\| `([^`]+)`/gm)].map(([, name = ""]) => name));
  const named = MANIFESTS.flatMap((file) => {
    const manifest: Manifest = JSON.parse(readFileSync(join(root, file), "utf8"));
    return FIELDS.flatMap((field) => Object.entries(manifest[field] ?? {}));
  }).filter(([name]) => !name.startsWith("@persona-protocol/"));
  const used = new Set(named.map(([name]) => name));
  const versions = (wanted: string) => new Set(named.filter(([name]) => name === wanted).map(([, version]) => version));
  const problems = [
    ...[...used]
      .filter((name) => versions(name).size > 1)
      .map((name) => `${name} is named in the versions ${[...versions(name)].join(" and ")}`),
    ...[...used].filter((name) => !described.has(name)).map((name) => `${name} is used, but not in ${DOCUMENT}`),
    ...[...described].filter((name) => !used.has(name)).map((name) => `${name} is in ${DOCUMENT}, but not used`),
  ];
  return { ok: problems.length === 0, output: problems.join("\n") };
}
