import { setTimeout as sleep } from "node:timers/promises";
import { nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import type { Address } from "viem";
import type { Context } from "../context.ts";
import type { NodeRole } from "../enclave/registerEnclave.ts";
import { renewEnclaveKey } from "../enclave/renewEnclaveKey.ts";
import type { EnclaveProcess } from "../enclave/startEnclave.ts";

type KeyFacts = { readonly state: number; readonly registeredAt: number; readonly openUntil: number };

/** Of the registry's `KeyState`. */
const active = 1;
const daySeconds = 86_400;
const checkEveryMs = 60_000;
/** Gas is paid for each try that comes so far as to be sent. */
const retryAfterMs = 10 * 60_000;

/**
 * Renews the enclave's key before it ends, until the signal; what fails is tried again, and counted. A worker whose key is not
 * renewed, or is too old to be, is replaced in its last day (watchKey).
 */
export async function keepKey(options: {
  readonly context: Context;
  readonly duty: { readonly signer: string; readonly enclave: Pick<EnclaveProcess, "call" | "companionsOf"> };
  readonly onRenewed: (openUntil: number) => void;
  readonly count: (result: "renewed" | "failed") => void;
  readonly signal: AbortSignal;
  readonly checkEveryMs?: number;
}): Promise<void> {
  const { context, duty, onRenewed, count, signal } = options;
  const { client, deployment, config, log } = context;
  const signer = duty.signer as Address;
  let waitMs = options.checkEveryMs ?? checkEveryMs;
  while (!signal.aborted) {
    await sleep(waitMs, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    waitMs = options.checkEveryMs ?? checkEveryMs;
    try {
      const [key, { timestamp }] = await Promise.all([
        client.readContract({
          address: deployment.nodeRegistry,
          abi: nodeRegistryAbi,
          functionName: "enclaveKeyOf",
          args: [signer],
        }),
        client.getBlock(),
      ]);
      if (!renewalIsDue(key, config, Number(timestamp))) continue;
      const { openUntil, sealUntil } = await renewEnclaveKey(context, duty.enclave, { signer, role: config.role });
      count("renewed");
      onRenewed(openUntil);
      log.info({ signer, openUntil, sealUntil }, "the enclave's key is renewed");
    } catch (error) {
      if (signal.aborted) return;
      count("failed");
      waitMs = Math.max(waitMs, retryAfterMs);
      const code = isPersonaError(error) ? error.code : "INTERNAL";
      log.error({ signer, code, delayMs: waitMs }, "the enclave's key could not be renewed; it will be tried again");
    }
  }
}

/**
 * A worker's key is renewed in its last two days (or two sevenths of a shorter life), while it is not too old. A guardian's lives
 * for 400 days and is to be rotated long before, so that what leaks later opens one period only: it is renewed where its end has
 * been brought near by a refuted platform, as an ingestor's, and never for taking shares longer (docs/protocol.md 5.1).
 */
export function renewalIsDue(
  { state, registeredAt, openUntil }: KeyFacts,
  { role, maxKeyDays }: { readonly role: NodeRole; readonly maxKeyDays: number },
  now: number,
): boolean {
  // One that is over cannot be renewed: a worker's is replaced.
  if (state !== active || (role === "worker" && now >= openUntil)) return false;
  const margin = 2 * Math.min(daySeconds, (openUntil - registeredAt) / 7);
  if (openUntil - now >= margin) return false;
  return role !== "worker" || now - registeredAt < maxKeyDays * daySeconds;
}
