import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";

export type CommandResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** The real command in a process of its own. */
export async function runPersona(args: readonly string[], cwd: string): Promise<CommandResult> {
  const command = ["--no-warnings", join(repositoryRoot, "node/src/cli/persona.ts"), ...args];
  const { PERSONA_DEBUG: _, ...env } = process.env;
  const child = spawn(process.execPath, command, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const texts = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (texts.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (texts.stderr += text));
  const [code] = await once(child, "close");
  return { code, ...texts };
}

/** Control and direction characters, new lines apart. */
export const drivesTerminal = /(?!\n)[\p{Cc}\p{Cf}]/u;

/** It failed with this code and exit code, told in words: no stack trace, nothing that drives a terminal, no result. */
export function expectRefusal({ code, stdout, stderr }: CommandResult, error: string, exit = 1): void {
  expect(stderr).to.include(`error ${error}:`);
  expect(code, stderr).to.equal(exit);
  expect(stdout).to.equal("");
  expect(stderr).to.not.match(/^\s+at .*:\d+:\d+\)?$/m);
  expect(stderr).to.not.match(drivesTerminal);
}
