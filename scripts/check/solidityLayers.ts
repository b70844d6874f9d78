import { posix } from "node:path";
import type { CheckResult } from "./checks.ts";
import { sourceFiles } from "./sourceFiles.ts";

/** What each folder of contracts/ may import beside itself. An interface is how a lower layer is told about an upper one. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  types: [],
  interfaces: ["types"],
  attestation: ["types", "interfaces"],
  storage: ["types", "interfaces"],
  access: ["types", "interfaces", "storage"],
  compute: ["types", "interfaces", "storage", "access", "attestation"],
  dev: ["types", "interfaces"],
};

const IMPORT = /^\s*import\b[^"']*["']([^"']+)["']/gm;

/** Biome holds the layers in TypeScript; no linter for Solidity does. */
export function solidityLayers(root: string): CheckResult {
  const problems = sourceFiles(root, ["contracts/**/*.sol"]).flatMap(({ path, text }) => {
    const [, folder = ""] = path.split("/");
    const allowed = ALLOWED[folder];
    if (allowed === undefined) return [`${path}: contracts/${folder} has no place among the layers`];
    return [...text.matchAll(IMPORT)].flatMap(([, target = ""]) => {
      if (!target.startsWith(".")) return [];
      const [top, imported = ""] = posix.join(posix.dirname(path), target).split("/");
      if (top !== "contracts") return [`${path}: imports ${target}, outside contracts/`];
      if (imported === folder || allowed.includes(imported)) return [];
      return [`${path}: ${folder} must not import ${imported} (${target})`];
    });
  });
  return { ok: problems.length === 0, output: problems.join("\n") };
}
