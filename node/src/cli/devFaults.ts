import { join, resolve } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { getAddress, isAddress } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { z } from "zod";
import { connectChain } from "../chain/connectChain.ts";
import { readSmallFile } from "./files.ts";
import { parseUrl } from "./importOptions.ts";
import { networkStateName, readNetwork } from "./networkFolder.ts";
import { show } from "./show.ts";

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
const stateFile = z.object({
  rpcUrl: z.string(),
  /** None for a network that was started by another version. */
  pagesUrl: z.string().optional(),
  nodes: z.array(z.object({ name: z.string(), pid: z.int().min(2), enclavePid: z.int().min(2) })),
});

export type NetworkState = z.infer<typeof stateFile>;
/** `persona dev --warp 30d --dir FOLDER`: moves the clock of a running local chain. */
export async function devWarp(span: string, dir: string, json: boolean): Promise<void> {
  const [, digits = "", unit = ""] = /^(\d{1,9})([smhdw])$/.exec(span) ?? [];
  const seconds = Number(digits) * (units[unit] ?? 0);
  if (seconds === 0)
    throw new PersonaError("USAGE", "--warp takes a span such as 90m, 12h or 30d.", { data: { span } });
  const { rpcUrl } = await readState(dir);
  const folder = resolve(dir);
  const parts = { deploymentFile: join(folder, "deployment.json"), storeDir: join(folder, "ipfs") };
  const deployment = await readNetwork(parts);
  if (deployment.chainId !== 31_337 && deployment.chainId !== 1_337)
    throw new PersonaError("CHAIN_WRONG", "Only a local chain's clock can be moved.");
  const account = privateKeyToAccount(generatePrivateKey());
  const client = await connectChain({ rpcUrl: parseUrl(rpcUrl), deployment, account });
  await client.request({ method: "evm_increaseTime" as never, params: [seconds] as never });
  await client.request({ method: "evm_mine" as never });
  const { timestamp } = await client.getBlock();
  show(json, { seconds, now: Number(timestamp) }, [
    `the chain's clock is at ${new Date(Number(timestamp) * 1_000).toISOString()}`,
  ]);
}

/** `persona dev --kill guardian-2 --dir FOLDER`: a node and its enclave die at once, as by a power cut. */
export async function devKill(name: string, dir: string, json: boolean): Promise<void> {
  const { nodes } = await readState(dir);
  const node = nodes.find((each) => each.name === name);
  if (node === undefined)
    throw new PersonaError("USAGE", "The network has no such node.", {
      data: { node: name, has: nodes.map((each) => each.name).join(" ") },
    });
  for (const pid of [node.enclavePid, node.pid]) kill(pid);
  show(json, { node: name, killed: [node.pid, node.enclavePid] }, [
    `${name} is dead, its enclave too. Nothing starts it again.`,
  ]);
}

/** `persona dev --fund ADDRESS --dir FOLDER`: ether and test money for any account of a local network, such as a wallet of a browser. */
export async function devFund(to: string, dir: string, json: boolean): Promise<void> {
  if (!isAddress(to, { strict: false }))
    throw new PersonaError("USAGE", "--fund takes an account's address.", { data: { address: to } });
  const { pagesUrl } = await readState(dir);
  const address = getAddress(to);
  const answer = await fetch(`${pagesUrl}/faucet/${address}`, {
    method: "POST",
    redirect: "error",
    signal: AbortSignal.timeout(60_000),
  }).catch((cause: unknown) => {
    throw new PersonaError("CHAIN_UNREACHABLE", "The network of this folder does not answer.", {
      data: { dir },
      cause,
    });
  });
  if (!answer.ok)
    throw new PersonaError("CHAIN_UNREACHABLE", "The faucet of this network failed.", {
      data: { dir, status: answer.status },
    });
  show(json, { funded: address }, [`${address} has ether and test money`]);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It was dead already, or died with the other.
    if (!(error instanceof Error) || !("code" in error) || error.code !== "ESRCH") throw error;
  }
}

async function readState(dir: string): Promise<NetworkState> {
  const path = join(resolve(dir), networkStateName);
  const text = await readSmallFile(path, 64 * 1_024, "DEPLOYMENT_UNKNOWN");
  const parsed = stateFile.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new PersonaError("DEPLOYMENT_UNKNOWN", `${path} is not of a running network.`, { cause: parsed.error });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
