import { setTimeout as sleep } from "node:timers/promises";
import { nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import type { Address } from "viem";
import type { Context } from "../context.ts";

/** Why a worker's key is of no more use for new jobs; `atOnce`: nor for those that it has claimed. */
export type KeyEnd = { readonly why: string; readonly atOnce: boolean };

export type KeyWatch = {
  /** Resolves when the key should be replaced; undefined when the signal came first. */
  readonly ended: Promise<KeyEnd | undefined>;
  /** Something has happened to it, perhaps. */
  lookNow(): void;
};

type KeyFacts = { readonly state: number; readonly registeredAt: number; readonly openUntil: number };

/** Of the registry's `KeyState`. */
const none = 0;
const active = 1;
const draining = 2;
const daySeconds = 86_400;
const defaultEveryMs = 60_000;
/** A burst of refusals is one question. */
const leastPauseMs = 1_000;

/**
 * Looks at the key from time to time, and when it is told to. One that the registry does not know any more was taken by a
 * reorganisation: it is registered again. A chain that fails is asked again.
 */
export function watchKey(
  context: Pick<Context, "client" | "deployment" | "log">,
  signer: Address,
  {
    signal,
    registerAgain,
    everyMs = defaultEveryMs,
  }: { readonly signal: AbortSignal; readonly registerAgain: () => Promise<void>; readonly everyMs?: number },
): KeyWatch {
  const { client, deployment, log } = context;
  let interrupt = () => {};
  let wanted = false;
  const look = async (): Promise<KeyEnd | undefined> => {
    const [key, { timestamp }] = await Promise.all([readKey(context, signer), client.getBlock()]);
    if (key.state !== none) return keyEnd(key, Number(timestamp));
    log.warn({ signer }, "the registry does not know the enclave's key any more; it is registered again");
    await registerAgain();
    return undefined;
  };
  const watch = async (): Promise<KeyEnd | undefined> => {
    while (!signal.aborted) {
      const waiting = new AbortController();
      interrupt = () => waiting.abort();
      const either = AbortSignal.any([signal, waiting.signal]);
      if (!wanted) await sleep(everyMs, undefined, { signal: either, ref: false }).catch(() => {});
      wanted = false;
      if (signal.aborted) return undefined;
      try {
        const end = await look();
        if (end !== undefined) return end;
      } catch (error) {
        log.warn(
          { nodeRegistry: deployment.nodeRegistry, error: error instanceof Error ? error.name : "unknown" },
          "the enclave's key could not be read; trying again",
        );
      }
      await sleep(Math.min(leastPauseMs, everyMs), undefined, { signal, ref: false }).catch(() => {});
    }
    return undefined;
  };
  return {
    ended: watch(),
    lookNow() {
      wanted = true;
      interrupt();
    },
  };
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
