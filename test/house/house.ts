import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../..", import.meta.url));

const trees: string[] = [];

after(() => {
  for (const tree of trees) rmSync(tree, { recursive: true, force: true });
});

/** A folder with these files, removed when the tests end. */
export function makeTree(files: Readonly<Record<string, string>>): string {
  const tree = mkdtempSync(join(tmpdir(), "persona-house-"));
  trees.push(tree);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  return tree;
}

export function copyFromRepository(tree: string, paths: readonly string[]): void {
  for (const path of paths) cpSync(join(repository, path), join(tree, path), { recursive: true });
}

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Starts a program with this Node; `ended` settles when it is gone and its output has been read. */
export function start(args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}) {
  const env: NodeJS.ProcessEnv = { ...process.env, ...options.env };
  // This test may itself run below npm, whose choices are not those of the person in the test.
  for (const name of Object.keys(env)) {
    if (/^npm_/.test(name) && options.env?.[name] === undefined) delete env[name];
  }
  const child = spawn(process.execPath, args, { cwd: options.cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const read = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      read[name] += text;
      for (const check of waiting) check();
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...read }));
  });
  /** Settles when the program has written this; fails when it ends without. */
  const said = (stream: "stdout" | "stderr", text: string) =>
    new Promise<void>((resolve, reject) => {
      const check = () => {
        if (read[stream].includes(text)) resolve();
      };
      waiting.add(check);
      child.once("close", () => reject(new Error(`It ended without saying ${text}: ${read.stdout}${read.stderr}`)));
      check();
    });
  return { child, ended, said };
}
