import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { callContract, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { isAddressEqual } from "viem";
import { z } from "zod";
import type { NodeConfig } from "../../config/nodeConfig.ts";
import { type Context, createContext } from "../../context.ts";
import { askDaemon } from "../../operations/askDaemon.ts";
import { adminSocketOf } from "../../operations/socketPath.ts";
import { jsonLine } from "../jsonLine.ts";
import { type ConfigOptions, configOf, secondsOf } from "./configOf.ts";
import { drainDaemon } from "./nodeDrain.ts";
import { askStatus } from "./nodeStatus.ts";

/** Of the registry's `NodeStatus`. */
const status = { active: 1, exiting: 2, exited: 3, draining: 4 } as const;
const stopTimeoutMs = 3_700_000;

type Outcome =
  | { readonly state: "exiting"; readonly nodeId: number; readonly exitAt: number }
  | { readonly state: "exited"; readonly nodeId: number };

/**
 * `persona node exit`: drains the daemon, asks the registry for the stake, and ends the daemon; called again when the unbonding
 * time is over, it gets the stake. Safe to call at any time and again. A guardian serves on until then: it still opens what was
 * entrusted to it.
 */
export async function nodeExit(
  options: ConfigOptions & { readonly timeout: string; readonly nodeId?: string; readonly json: boolean },
): Promise<void> {
  const timeoutMs = secondsOf("--timeout", options.timeout) * 1_000;
  const { config } = configOf(options);
  const context = await createContext(config);
  const leaving = exitNode(context, { nodeId: nodeIdOf(config, options.nodeId), timeoutMs });
  const outcome = await leaving.finally(() => context.chain.close());
  process.stdout.write(
    options.json
      ? jsonLine({ ok: true, ...outcome })
      : outcome.state === "exited"
        ? `Node ${outcome.nodeId} has left; its stake is the operator's again.\n`
        : `Node ${outcome.nodeId} is leaving. Its stake is bound until ${new Date(outcome.exitAt * 1_000).toISOString()}: run this command again then.\n`,
  );
}

/** @throws PersonaError NODE_BONDED, NODE_DRAINING, CONFIG_INVALID */
async function exitNode(
  context: Context,
  { nodeId, timeoutMs }: { readonly nodeId: number; readonly timeoutMs: number },
): Promise<Outcome> {
  const { client, deployment, config, operator } = context;
  const registry = { address: deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
  const read = () => client.readContract({ ...registry, functionName: "nodeOf", args: [nodeId] });
  const before = await read();
  if (!isAddressEqual(before.operator, operator))
    throw new PersonaError("CONFIG_INVALID", "The node is another operator's.", {
      data: { nodeId, operator: before.operator },
    });
  if (before.status === status.exited) return { state: "exited", nodeId };

  const socket = adminSocketOf(config);
  const runs = await whenRunning(() => drainDaemon(socket, timeoutMs));
  if (before.status === status.active || before.status === status.draining) {
    await callContract(client, { ...registry, functionName: "requestExit", args: [nodeId] });
    if (runs && config.role === "worker") await stopDaemon(socket);
    return { state: "exiting", nodeId, exitAt: (await read()).exitAt };
  }
  const { timestamp } = await client.getBlock();
  if (before.openClaims > 0 || timestamp < BigInt(before.exitAt)) {
    throw new PersonaError("NODE_BONDED", "The stake cannot be had yet.", {
      data: { nodeId, openClaims: before.openClaims, bondedUntil: new Date(before.exitAt * 1_000).toISOString() },
    });
  }
  await callContract(client, { ...registry, functionName: "withdrawStake", args: [nodeId] });
  if (runs) await stopDaemon(socket);
  return { state: "exited", nodeId };
}

/** Ends it, and waits until it answers no more. */
async function stopDaemon(socket: string): Promise<void> {
  const until = performance.now() + stopTimeoutMs;
  await whenRunning(() => askDaemon(socket, "POST", "/stop"));
  while (performance.now() < until && (await whenRunning(() => askStatus(socket)))) await sleep(250);
}

/** @returns false when no daemon runs */
async function whenRunning(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (isPersonaError(error, "NODE_NOT_RUNNING")) return false;
    throw error;
  }
}

/** @throws PersonaError USAGE, CONFIG_INVALID */
function nodeIdOf({ dataDir }: Pick<NodeConfig, "dataDir">, given: string | undefined): number {
  if (given !== undefined) {
    if (/^[1-9]\d{0,9}$/.test(given)) return Number(given);
    throw new PersonaError("USAGE", "--node-id takes a node's number.", { data: { got: given } });
  }
  try {
    const text = readFileSync(join(dataDir, "operated.json"), "utf8");
    return z.object({ nodeId: z.number().int().positive() }).parse(JSON.parse(text)).nodeId;
  } catch (cause) {
    throw new PersonaError("CONFIG_INVALID", "The data directory does not say which node it is of: give --node-id.", {
      data: { dataDir },
      cause,
    });
  }
}
