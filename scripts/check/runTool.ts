import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckResult } from "./checks.ts";

/**
 * A check that is another program: passed when it ends with exit code 0.
 *
 * @param packageName the package that brings it, or undefined for a script of our own
 * @param program the name of its command, or the path of the script
 */
export function runTool(packageName: string | undefined, program: string, args: readonly string[]) {
  return async (root: string): Promise<CheckResult> => {
    const file = packageName === undefined ? join(root, program) : programOf(root, packageName, program);
    const child = spawn(process.execPath, [file, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    // What a tool that passed has to say ("no problems found") is not for the reader of a list.
    return code === 0 ? { ok: true, output: "" } : { ok: false, output: output || `exit code ${code}` };
  };
}

function programOf(root: string, packageName: string, program: string): string {
  const folder = join(root, "node_modules", packageName);
  const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const { bin } = manifest as { bin: string | Record<string, string> };
  const path = typeof bin === "string" ? bin : bin[program];
  if (path === undefined) throw new Error(`${packageName} has no command ${program}.`);
  return join(folder, path);
}
