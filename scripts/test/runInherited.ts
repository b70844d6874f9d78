import { spawn } from "node:child_process";

/** Runs a program with this Node, on this terminal. */
export function runInherited(args: readonly string[], root: string): Promise<number> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}
