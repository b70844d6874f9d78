/**
 * How a guardian's keys outlive its enclave's process: sealed by the platform, or held by replicas, which are enclaves of the same node
 * and code on other machines (docs/protocol.md 4.5). The host keeps what it cannot open either way.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { decode, encode } from "@ipld/dag-cbor";
import { callContract, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { getAddress, isAddress } from "viem";
import { z } from "zod";
import type { Context } from "../context.ts";
import { type EnclaveKeys, parseEnclaveKeys, registerEnclaveKey } from "../enclave/registerEnclave.ts";
import { placeOf } from "../enclave/relayChain.ts";
import { plainDeployment } from "../enclave/runtime/deploymentSchema.ts";
import type { EnclaveProcess } from "../enclave/startEnclave.ts";
import type { GuardianFiles } from "./guardianFiles.ts";
import { askReplica, reachReplicas } from "./replicas.ts";

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const address = z
  .custom<string>((value) => typeof value === "string" && isAddress(value))
  .transform((text) => getAddress(text));
const keptSchema = z.strictObject({
  v: z.literal(1),
  keys: address,
  boxes: z.array(z.strictObject({ replica: address, box: bytes })).max(64),
});
/** Whose keys they are, and a box for each replica that opens one. */
type KeptAtReplicas = z.infer<typeof keptSchema>;

/** A key that was registered a moment ago is confirmed some blocks later. */
const CONFIRMED_WITHIN_MS = 10 * 60_000;
/** A replica is told its node's id when the guardian has one: the first start of the two takes a person's time. */
const FIRST_WITHIN_MS = 10 * 60_000;
/** Reads of the chain between two looks at the replicas: 20 seconds, as configured by default. */
const LOOK_EVERY_POLLS = 20;

/**
 * Starts the enclave with the keys of before, or with new ones where there were none.
 *
 * @param kept what the host's disk has of its keys; @param nodeId the guardian's, where it has one
 * @returns `kept` is what the disk is to have from now on; undefined while no replica has taken the keys yet
 * @throws PersonaError REPLICA_UNAVAILABLE when they are at replicas that do not answer
 */
export async function openGuardianKeys(
  context: Context,
  enclave: EnclaveProcess,
  { kept, nodeId }: { readonly kept: Uint8Array | undefined; readonly nodeId: number | undefined },
): Promise<EnclaveKeys & { readonly kept: Uint8Array | undefined }> {
  const { config, deployment, log } = context;
  const keep = config.replicaUrls.length > 0 ? "replica" : "platform";
  const sealed = keep === "platform" ? (kept ?? null) : null;
  const params = { deployment: plainDeployment(deployment), sealed, keep };
  const answer = await enclave.call("start", params, { timeoutMs: 30_000 });
  const started = parseEnclaveKeys(answer);
  if (keep === "platform") return { ...started, kept: z.object({ sealed: bytes }).parse(answer).sealed };
  const held = kept === undefined ? undefined : decodeKept(kept);
  // An enclave that outlived its daemon, or a guardian that nobody has trusted with anything yet.
  if (held === undefined || nodeId === undefined || held.keys === started.signer) return { ...started, kept };
  await registerEnclaveKey(context, enclave, { signer: started.signer, nodeId, role: "guardian" });
  const taken = await takeBack(context, enclave, { held, nodeId, started });
  const registry = { address: deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
  await callContract(context.client, { ...registry, functionName: "destroyEnclaveKey", args: [started.signer] });
  log.info({ nodeId, signer: taken.signer }, "a replica gave the guardian's keys back");
  return { ...taken, kept };
}

/**
 * Has every replica that answers hold the keys which the enclave has now, and says what the disk must have then.
 * @returns the same object where nothing has changed
 */
async function holdAtReplicas(
  context: Context,
  enclave: EnclaveProcess,
  { keys, nodeId }: { readonly keys: EnclaveKeys; readonly nodeId: number },
  kept: KeptAtReplicas = { v: 1, keys: keys.signer, boxes: [] },
): Promise<KeptAtReplicas> {
  const boxes = kept.keys === keys.signer ? [...kept.boxes] : [];
  const replicas = await reachReplicas(context.config.replicaUrls, nodeId);
  const strangers = replicas.filter(({ signer }) => !boxes.some(({ replica }) => replica === signer));
  if (strangers.length === 0 && kept.keys === keys.signer) return kept;
  for (const { signer, kemKey } of strangers) {
    const params = { nodeId, ...placeOf(context.config), signer, kemKey };
    try {
      const box = await whenConfirmed(context, () => enclave.call("handOver", params, { timeoutMs: 30_000 }));
      boxes.push({ replica: signer, box: bytes.parse(box) });
      context.log.info({ nodeId, signer }, "a replica holds the guardian's keys");
    } catch (error) {
      // Of another node or other code, frozen, not registered yet: another replica may be better, and so may this one later.
      if (!isPersonaError(error)) throw error;
      context.log.warn({ nodeId, signer, code: error.code }, "a replica does not hold the guardian's keys");
    }
  }
  // Replicas that ended open nothing any more; the newest are at the end.
  return { v: 1, keys: keys.signer, boxes: boxes.slice(-32) };
}

/** The keys of a next period, as the disk keeps them where replicas hold them. @throws PersonaError REPLICA_UNAVAILABLE when none does */
export async function heldKeys(...parameters: Parameters<typeof holdAtReplicas>): Promise<Uint8Array> {
  const held = await holdAtReplicas(...parameters);
  if (held.boxes.length > 0) return encode(held);
  throw new PersonaError("REPLICA_UNAVAILABLE", "No replica took the keys.");
}

/**
 * Waits until a replica holds the keys, as nobody may trust them with a share before, and looks after that who is new: a replica that was
 * started again has keys of its own.
 *
 * @throws PersonaError REPLICA_UNAVAILABLE when none does for some minutes
 */
export async function keepAtReplicas(
  context: Context,
  enclave: EnclaveProcess,
  { files, ...guardian }: { readonly keys: EnclaveKeys; readonly nodeId: number; readonly files: GuardianFiles },
): Promise<{ stop(): Promise<void> }> {
  const before = await files.sealedKeys();
  let kept = before === undefined ? undefined : decodeKept(before);
  const hold = async () => {
    const now = await holdAtReplicas(context, enclave, guardian, kept);
    if (now === kept || now.boxes.length === 0) return;
    await files.saveSealedKeys(encode(now));
    kept = now;
  };
  const isHeld = () => kept?.keys === guardian.keys.signer && kept.boxes.length > 0;
  for (const end = Date.now() + FIRST_WITHIN_MS; !isHeld(); await sleep(context.config.pollMs)) {
    await hold();
    if (!isHeld() && Date.now() > end) throw new PersonaError("REPLICA_UNAVAILABLE", "No replica took the keys.");
  }
  const ended = new AbortController();
  const { signal } = ended;
  const look = async () => {
    while (!signal.aborted) {
      await sleep(LOOK_EVERY_POLLS * context.config.pollMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      // What fails now, a full disk for instance, is tried again the next time.
      await hold().catch((error: unknown) => {
        const code = isPersonaError(error) ? error.code : "INTERNAL";
        if (!signal.aborted) context.log.warn({ code }, "what replicas hold could not be written down");
      });
    }
  };
  const looking = look();
  return {
    async stop() {
      ended.abort();
      await looking;
    },
  };
}

/** @throws PersonaError CONFIG_INVALID when it is what another platform has sealed */
function decodeKept(kept: Uint8Array): KeptAtReplicas {
  try {
    return keptSchema.parse(decode(kept));
  } catch (cause) {
    throw new PersonaError("CONFIG_INVALID", "The guardian's keys on this disk are sealed, not held by replicas.", {
      cause,
    });
  }
}

async function takeBack(
  context: Context,
  enclave: EnclaveProcess,
  { held, nodeId, started }: { readonly held: KeptAtReplicas; readonly nodeId: number; readonly started: EnclaveKeys },
): Promise<EnclaveKeys> {
  const { config, log } = context;
  const place = { nodeId, ...placeOf(config) };
  const replicas = await reachReplicas(config.replicaUrls, nodeId);
  for (const replica of replicas) {
    const found = held.boxes.find(({ replica: signer }) => signer === replica.signer);
    if (found === undefined) continue;
    try {
      const asked = { keys: held.keys, box: found.box, signer: started.signer, kemKey: started.kemKey };
      const box = await whenConfirmed(context, () => askReplica(replica, asked));
      return parseEnclaveKeys(await enclave.call("take", { ...place, keys: held.keys, box }, { timeoutMs: 30_000 }));
    } catch (error) {
      if (!isPersonaError(error)) throw error;
      log.warn({ code: error.code, signer: replica.signer }, "a replica did not give the guardian's keys back");
    }
  }
  throw new PersonaError("REPLICA_UNAVAILABLE", "No replica gave the guardian's keys back.", {
    data: { nodeId, signer: held.keys, answered: replicas.length, holding: held.boxes.length },
  });
}

/** Does it again while the chain has not confirmed a key that was registered a moment ago. */
export async function whenConfirmed<T>({ config }: Context, work: () => Promise<T>): Promise<T> {
  const end = Date.now() + CONFIRMED_WITHIN_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (config.confirmations === 0 || !isPersonaError(error, "NODE_KEY_UNKNOWN") || Date.now() > end) throw error;
      await sleep(config.pollMs);
    }
  }
}
