import { setTimeout as sleep } from "node:timers/promises";
import { nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import type { Address } from "viem";
import type { Context } from "../context.ts";

/** Why a worker's key is of no more use for new jobs; `atOnce`: nor for those that it has claimed. */
export type KeyEnd = { readonly why: string; readonly atOnce: boolean };

type KeyFacts = { readonly state: number; readonly registeredAt: number; readonly openUntil: number };

/** Of the registry's `KeyState`. */
const active = 1;
const draining = 2;
const daySeconds = 86_400;
const checkEveryMs = 60_000;

/** Resolves when the key should be replaced; undefined when the signal came first. A chain that fails is asked again. */
export async function watchKey(
  context: Pick<Context, "client" | "deployment" | "log">,
  signer: Address,
  signal: AbortSignal,
): Promise<KeyEnd | undefined> {
  const { client, deployment, log } = context;
  while (!signal.aborted) {
    await sleep(checkEveryMs, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return undefined;
    try {
      const [key, { timestamp }] = await Promise.all([readKey(context, signer), client.getBlock()]);
      const end = keyEnd(key, Number(timestamp));
      if (end !== undefined) return end;
    } catch (error) {
      log.warn(
        { nodeRegistry: deployment.nodeRegistry, error: error instanceof Error ? error.name : "unknown" },
        "the enclave's key could not be read; trying again",
      );
    }
  }
  return undefined;
}

export const readKey = ({ client, deployment }: Pick<Context, "client" | "deployment">, signer: Address) =>
  client.readContract({
    address: deployment.nodeRegistry,
    abi: nodeRegistryAbi,
    functionName: "enclaveKeyOf",
    args: [signer],
  });

/** A worker's key lives for days (docs/protocol.md 5.1): it is replaced in the last one, or the last seventh of a shorter life. */
export function keyEnd({ state, registeredAt, openUntil }: KeyFacts, now: number): KeyEnd | undefined {
  if (state !== active && state !== draining) return { why: "its key is not active any more", atOnce: true };
  if (now >= openUntil) return { why: "its key has expired", atOnce: true };
  if (state === draining) return { why: "its key is draining", atOnce: false };
  const margin = Math.min(daySeconds, (openUntil - registeredAt) / 7);
  return openUntil - now < margin ? { why: "its key will expire soon", atOnce: false } : undefined;
}
