import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Processes } from "./processes.ts";
import { repositoryRoot } from "./repositoryRoot.ts";

export type ChainKind = "hardhat" | "anvil";

/** Pinned: a newer one may mine or report differently. */
const anvilPackage = "@foundry-rs/anvil@1.7.1";

/** How Hardhat's chain and anvil say where they listen. */
const listening = /(?:JSON-RPC server at http:\/\/|^Listening on )127\.0\.0\.1:(\d+)/;

/**
 * Starts a chain on loopback that mines each transaction at once.
 * @param port 0 lets the chain take a free one, and say which
 * @returns its JSON-RPC URL @throws PersonaError PROCESS_FAILED
 */
export async function startChain(
  processes: Processes,
  kind: ChainKind,
  port: number,
  signal: AbortSignal,
): Promise<string> {
  const command =
    kind === "hardhat"
      ? [process.execPath, join(repositoryRoot, "scripts/hardhatChain.ts"), String(port)]
      : [await anvilBinary(signal), "--host", "127.0.0.1", "--port", String(port), "--hardfork", "osaka"];
  const env = {
    ...process.env,
    FORCE_COLOR: "0",
    NO_COLOR: "1",
    NODE_COMPILE_CACHE: join(repositoryRoot, ".cache/node"),
  };
  const chain = processes.start({
    name: "chain",
    command,
    env,
    readyTimeoutMs: 60_000,
    isReady: (line) => listening.test(line),
  });
  const [, taken] = listening.exec(await chain.ready) ?? [];
  const url = `http://127.0.0.1:${taken}`;
  await untilAnswering(url, signal);
  return url;
}

/** anvil ships as a binary inside an npm package; it is fetched when first asked for, and kept in `.cache`. */
async function anvilBinary(signal: AbortSignal): Promise<string> {
  const folder = join(repositoryRoot, ".cache/anvil");
  const binary = () => findAnvil(folder);
  if (binary() === undefined) {
    await mkdir(folder, { recursive: true });
    await run("npm", ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", anvilPackage], signal);
  }
  const found = binary();
  if (found === undefined)
    throw new PersonaError("PROCESS_FAILED", `${anvilPackage} holds no binary for this platform.`, {
      data: { platform: process.platform, arch: process.arch },
    });
  return found;
}

function findAnvil(folder: string): string | undefined {
  const require = createRequire(join(folder, "index.js"));
  const { platform, arch } = process;
  const cpu = arch === "x64" ? "amd64" : arch;
  try {
    const manifest = require.resolve(`@foundry-rs/anvil-${platform}-${cpu}/package.json`);
    const binary = join(dirname(manifest), "bin/anvil");
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined; // Not installed yet.
  }
}

async function run(command: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const child = spawn(command, [...args], { stdio: ["ignore", "ignore", "inherit"], signal });
  const code = await new Promise<number | string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (status, by) => resolve(status ?? by ?? "unknown"));
  });
  if (code !== 0) throw new PersonaError("PROCESS_FAILED", `${command} ${args[0] ?? ""} failed: ${code}.`);
}

async function untilAnswering(url: string, signal: AbortSignal): Promise<void> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
  for (let tries = 0; tries < 200 && !signal.aborted; tries++) {
    const answered = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body })
      .then(({ ok }) => ok)
      .catch(() => false); // Not listening yet.
    if (answered) return;
    await sleep(50);
  }
  throw new PersonaError("CHAIN_UNREACHABLE", "The chain process started and does not answer.", { data: { url } });
}
