import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The program, or why it cannot be had here: no Python, no network. That is no fault of the contracts. */
export type InstalledSlither = { readonly program: string } | { readonly missing: string };

const REQUIREMENTS = new URL("requirements.txt", import.meta.url);
const INSTALL_MS = 300_000;

/** Slither in a virtual environment of its own below .cache, once for each set of versions. */
export function installSlither(cache: string): InstalledSlither {
  const requirements = readFileSync(REQUIREMENTS, "utf8");
  const version = createHash("sha256").update(requirements).digest("hex").slice(0, 12);
  const home = join(cache, `slither-${version}`);
  const program = join(home, "bin/slither");
  const done = join(home, "installed");
  if (existsSync(done)) return { program };
  rmSync(home, { recursive: true, force: true }); // an installation that was stopped
  mkdirSync(cache, { recursive: true });
  process.stderr.write("Installing Slither (half a minute, once) …\n");
  const pip = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--retries", "1"];
  const steps = [
    ["python3", ["-m", "venv", home]],
    [join(home, "bin/python"), [...pip, "--requirement", REQUIREMENTS.pathname]],
  ] as const;
  for (const [command, args] of steps) {
    const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8", timeout: INSTALL_MS });
    if (status === 0) continue;
    rmSync(home, { recursive: true, force: true });
    const lines = (error?.message ?? stderr).trim().split("\n");
    return { missing: `${command} ${args.slice(0, 3).join(" ")} failed: ${lines.slice(-3).join("\n")}` };
  }
  writeFileSync(done, "");
  return { program };
}
