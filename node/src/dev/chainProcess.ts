import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { fundDevAccounts } from "./fundDevAccounts.ts";
import type { Processes } from "./processes.ts";
import { repositoryRoot } from "./repositoryRoot.ts";

export type ChainKind = "hardhat" | "anvil" | "geth";

/** Those that mine, turn back and set their time when told. */
export type MinedChainKind = Exclude<ChainKind, "geth">;

export const chainIdOf = (kind: ChainKind): number => (kind === "geth" ? 1_337 : 31_337);

/** Pinned: a newer one may mine or report differently. */
const anvilVersion = "1.7.1";
const anvilPackage = `@foundry-rs/anvil@${anvilVersion}`;

/** How Hardhat's chain, anvil and geth say where they listen. */
const listening = /(?:JSON-RPC server at http:\/\/|^Listening on |HTTP server started +endpoint=)127\.0\.0\.1:(\d+)/;

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
  const command = await commandOf[kind](port, signal);
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
  if (kind === "geth") await fundDevAccounts(url, chainIdOf(kind));
  return url;
}

const commandOf: Readonly<Record<ChainKind, (port: number, signal: AbortSignal) => Promise<readonly string[]>>> = {
  hardhat: async (port) => [process.execPath, join(repositoryRoot, "scripts/hardhatChain.ts"), String(port)],
  anvil: async (port, signal) => [
    await anvilBinary(signal),
    ...["--host", "127.0.0.1", "--port", String(port), "--hardfork", "osaka"],
  ],
  geth: async (port, signal) => [
    // It says where it listens on stderr.
    ...["sh", "-c", 'exec "$0" "$@" 2>&1', await gethBinary(signal)],
    // In memory, a block for each transaction, and the rules that come after today's (Amsterdam), where new state costs more gas.
    ...["--dev", "--dev.gaslimit", "60000000", "--cache", "128"],
    // Subscriptions on the same port; the third port is one that nobody asks for and that cannot be closed.
    ...["--http", "--http.addr", "127.0.0.1", "--http.port", String(port), "--http.api", "eth,net,web3"],
    ...["--ws", "--ws.addr", "127.0.0.1", "--ws.port", String(port), "--ws.api", "eth,net,web3"],
    ...["--authrpc.addr", "127.0.0.1", "--authrpc.port", "0", "--ipcdisable"],
    ...["--nodiscover", "--maxpeers", "0", "--port", "0"],
  ],
};

/** geth is built from its Go module when first asked for, which takes minutes, and kept in `.cache`. @throws PersonaError PROCESS_FAILED */
async function gethBinary(signal: AbortSignal): Promise<string> {
  const script = join(repositoryRoot, "scripts/fetchServers.ts");
  const child = spawn(process.execPath, [script, "geth"], { stdio: ["ignore", "pipe", "inherit"], signal });
  let path = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    path += text;
  });
  const code = await endOf(child);
  if (code === 0) return path.trim();
  throw new PersonaError("PROCESS_FAILED", "geth cannot be built here: it wants Go and its module proxy.", {
    data: { code },
  });
}

/**
 * anvil ships as a binary inside an npm package; it is fetched when first asked for, and kept in `.cache`. Any number of
 * processes may ask at once.
 * @throws PersonaError PROCESS_FAILED
 */
export async function anvilBinary(signal: AbortSignal): Promise<string> {
  const folder = join(repositoryRoot, `.cache/anvil-${anvilVersion}`);
  const binary = () => findAnvil(folder);
  if (binary() === undefined) {
    await mkdir(dirname(folder), { recursive: true });
    const mine = await mkdtemp(`${folder}-`);
    try {
      await run("npm", ["install", "--prefix", mine, "--no-save", "--no-audit", "--no-fund", anvilPackage], signal);
      // Whoever was first has fetched the same.
      await rename(mine, folder).catch((error: unknown) => {
        if (binary() === undefined) throw error;
      });
    } finally {
      await rm(mine, { recursive: true, force: true });
    }
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
  const code = await endOf(child);
  if (code !== 0) throw new PersonaError("PROCESS_FAILED", `${command} ${args[0] ?? ""} failed: ${code}.`);
}

const endOf = (child: ChildProcess): Promise<number | string> =>
  new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (status, by) => resolve(status ?? by ?? "unknown"));
  });

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
