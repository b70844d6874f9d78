import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type KuboDaemon = {
  /** URL of its RPC API on loopback. */
  readonly apiUrl: string;
  /** URL of its own trustless gateway, likewise. */
  readonly gatewayUrl: string;
  readonly pid: number;
  stop(): Promise<void>;
};

/**
 * A real daemon with an empty repository of its own: no network, its API on a free port of loopback.
 * @param options.origin of pages that may use its API
 */
export async function startKubo(binary: string, options: { readonly origin?: string } = {}): Promise<KuboDaemon> {
  const repo = await mkdtemp(join(tmpdir(), "persona-kubo-"));
  const env = { ...process.env, IPFS_PATH: repo, IPFS_TELEMETRY: "off" };
  const ipfs = (...args: string[]): void => {
    const { status, stderr } = spawnSync(binary, args, { env, encoding: "utf8" });
    if (status !== 0) throw new Error(`ipfs ${args[0]} failed: ${stderr}`);
  };
  ipfs("init", "--empty-repo", "--profile=test");
  ipfs("config", "Addresses.API", "/ip4/127.0.0.1/tcp/0");
  ipfs("config", "Addresses.Gateway", "/ip4/127.0.0.1/tcp/0");
  ipfs("config", "--json", "Gateway.NoFetch", "true");
  ipfs("config", "--json", "Addresses.Swarm", "[]");
  if (options.origin !== undefined) {
    ipfs("config", "--json", "API.HTTPHeaders.Access-Control-Allow-Origin", JSON.stringify([options.origin]));
    ipfs("config", "--json", "API.HTTPHeaders.Access-Control-Allow-Methods", '["POST"]');
  }

  const daemon = spawn(binary, ["daemon", "--offline"], { env, stdio: ["ignore", "pipe", "pipe"] });
  const stop = async (): Promise<void> => {
    if (daemon.exitCode === null && daemon.signalCode === null) {
      daemon.kill("SIGTERM");
      const impatient = setTimeout(() => daemon.kill("SIGKILL"), 5_000);
      await once(daemon, "exit");
      clearTimeout(impatient);
    }
    await rm(repo, { recursive: true, force: true });
  };
  try {
    await readiness(daemon);
    const address = (await readFile(join(repo, "api"), "utf8")).trim();
    const port = /\/tcp\/(\d+)/.exec(address)?.[1];
    if (port === undefined || daemon.pid === undefined) throw new Error(`Kubo's API is at ${address}`);
    const gatewayUrl = (await readFile(join(repo, "gateway"), "utf8")).trim();
    return { apiUrl: `http://127.0.0.1:${port}`, gatewayUrl, pid: daemon.pid, stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

async function readiness(daemon: ChildProcess): Promise<void> {
  let output = "";
  const ready = new Promise<void>((resolve, reject) => {
    const listen = (data: Buffer): void => {
      output += data.toString();
      if (output.includes("Daemon is ready")) resolve();
    };
    daemon.stdout?.on("data", listen);
    daemon.stderr?.on("data", listen);
    daemon.once("exit", (code) => reject(new Error(`Kubo ended with ${code}: ${output.slice(-500)}`)));
    daemon.once("error", reject);
  });
  await ready;
}
