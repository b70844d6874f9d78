import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ToolError } from "../command/ToolError.ts";
import { type Finding, judgeFindings, nameFindings, type SlitherResult, type Triage } from "./findings.ts";
import { installSlither } from "./installSlither.ts";

const CONFIG = "slither.config.json";
export const TRIAGE = "slither.triage.json";

export type SlitherOutcome =
  | { readonly skipped: string }
  | { readonly findings: readonly Finding[]; readonly problems: readonly string[] };

/** Slither on contracts/, with the compiler that we compile with; its findings against slither.triage.json. */
export async function runSlither(root: string, options: { readonly cache: string }): Promise<SlitherOutcome> {
  const { detectors_to_exclude = "" } = readJson<{ detectors_to_exclude?: string }>(join(root, CONFIG)) ?? {};
  const triage = readJson<Triage>(join(root, TRIAGE)) ?? { excluded: {}, accepted: [] };
  const installed = installSlither(options.cache);
  if ("missing" in installed) return { skipped: installed.missing };
  const home = join(options.cache, "slither-run");
  const output = join(home, "findings.json");
  rmSync(home, { recursive: true, force: true });
  // crytic-compile wants a folder to look into. What is compiled, the compiler below decides.
  mkdirSync(join(home, "empty"), { recursive: true });
  const solc = fileURLToPath(new URL("solc.ts", import.meta.url));
  const args = [join(home, "empty"), "--solc-standard-json", "--solc", solc, "--json", output];
  const said = await run(installed.program, [...args, "--config-file", join(root, CONFIG)], root);
  const result = readJson<{ success: boolean; error: string | null; results: { detectors?: SlitherResult[] } }>(output);
  if (result?.success !== true)
    throw new ToolError(`${result?.error ?? said}\n\nSlither could not read the contracts.`);
  const findings = nameFindings(result.results.detectors ?? []);
  const excluded = detectors_to_exclude.split(",").filter((name) => name !== "");
  return { findings, problems: judgeFindings(findings, triage, excluded) };
}

function run(program: string, args: readonly string[], root: string): Promise<string> {
  // `#!/usr/bin/env node` of solc.ts must be this Node.
  const path = `${fileURLToPath(new URL("../../node_modules/.bin", import.meta.url))}:${process.env["PATH"] ?? ""}`;
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve(said));
  });
}

function readJson<T>(path: string): T | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T) : undefined;
}
