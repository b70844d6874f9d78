/** The command at a real terminal: util-linux's `script` opens a pseudo-terminal and runs it there. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";

/** macOS has a `script` that knows none of these flags. */
export const hasTerminal = (): boolean => spawnSync("script", ["-qefc", "test -t 0", "/dev/null"]).status === 0;

/** What a person types when the text is on the screen. */
type Typed = readonly [seen: string | RegExp, keys: string];

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** @returns all that was on the screen, standard output and error in one */
export async function typeAtPersona(
  args: readonly string[],
  typed: readonly Typed[],
  cwd: string,
): Promise<{ readonly code: number | null; readonly screen: string }> {
  const persona = join(repositoryRoot, "node/src/cli/persona.ts");
  const words = [process.execPath, "--no-warnings", persona, ...args].map(quoted).join(" ");
  const { PERSONA_DEBUG: _, ...env } = process.env;
  const child = spawn("script", ["-qefc", words, "/dev/null"], { cwd, env: { ...env, TERM: "xterm" } });
  let screen = "";
  let at = 0;
  const left = [...typed];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    const [next] = left;
    if (next === undefined) return;
    const [seen, keys] = next;
    const found = screen.slice(at).search(seen);
    if (found < 0) return;
    left.shift();
    at = screen.length;
    child.stdin.write(keys);
  });
  const [code] = await once(child, "close");
  if (left.length > 0) throw new Error(`Nobody asked for ${String(left[0]?.[0])}; on the screen:\n${screen}`);
  return { code, screen };
}
