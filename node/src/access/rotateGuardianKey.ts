import { mkdir } from "node:fs/promises";
import { callContract, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import type { Address } from "viem";
import { z } from "zod";
import { connectChain } from "../chain/connectChain.ts";
import type { Context } from "../context.ts";
import { saysOf } from "../enclave/openEnclave.ts";
import { registerEnclaveKey } from "../enclave/registerEnclave.ts";
import { relayEndpoints } from "../enclave/relayChain.ts";
import { type EnclaveProcess, startEnclave } from "../enclave/startEnclave.ts";
import { startAdminServer } from "../operations/adminServer.ts";
import { adminSocketOf } from "../operations/socketPath.ts";
import { openGuardianFiles } from "./guardianFiles.ts";
import { heldKeys, openGuardianKeys, whenConfirmed } from "./guardianKeys.ts";
import { commitRotation, readDeposits } from "./guardianRotation.ts";

export type Rotation = {
  readonly nodeId: number;
  readonly from: Address;
  readonly to: Address;
  readonly resealed: number;
  /** Shares of erased datasets and of key epochs that are over: they end with the old key. */
  readonly destroyed: number;
  /** Deposits that opened no more, and serve nobody: their owners deposit again. */
  readonly damaged: number;
};

/** What the enclave says of a deposit of which nothing may be released ever again. */
const ended: readonly string[] = ["DATASET_ERASED", "KEY_EPOCH_OLD"];
/** And of one that the disk has spoilt. */
const spoilt: readonly string[] = ["REQUEST_INVALID", "KEYBOX_INVALID", "GUARDIAN_SET_MISMATCH", "SEALED_BOX_INVALID"];

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);

/**
 * Gives a guardian the key of its next period: a new enclave with keys of its own, registered under the same node; the old one
 * seals each share to it, and is then destroyed on chain and with its process. A key that leaks later opens one period, not all
 * that was ever entrusted. Also the way to an upgraded build, and to another machine's replica. The guardian must be stopped: a
 * few minutes without it cost its datasets nothing.
 * @throws PersonaError NODE_RUNNING, CONFIG_INVALID while it serves, where there is nothing to rotate, or most deposits are damaged
 * @throws PersonaError as the enclave refuses: a key that is frozen or banned hands nothing over, and nothing has changed then
 */
export async function rotateGuardianKey(context: Context): Promise<Rotation> {
  const { config } = context;
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  // Before anything is read there, and until the new keys are in place.
  const lock = await startAdminServer(adminSocketOf(config), {
    status: async () => ({ rotating: true, pid: process.pid }),
    drain() {},
    stop() {},
  });
  try {
    return await rotate(context);
  } finally {
    await lock.close();
  }
}

async function rotate(context: Context): Promise<Rotation> {
  const { config, client, deployment, log } = context;
  const registry = { address: deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
  const files = await openGuardianFiles(config.dataDir);
  const [sealed, nodeId] = [await files.sealedKeys(), await files.nodeId()];
  if (sealed === undefined || nodeId === undefined) {
    throw new PersonaError("CONFIG_INVALID", "There is no guardian in this data directory.", {
      data: { dataDir: config.dataDir },
    });
  }
  const { endpoint } = await client.readContract({ ...registry, functionName: "nodeOf", args: [nodeId] });
  await requireStopped(endpoint);

  // What one endpoint says alone ends no share.
  for (const rpcUrl of config.rpcUrls) await connectChain({ rpcUrl, deployment, account: client.account });
  const chain = relayEndpoints(context);
  const enclaves: EnclaveProcess[] = [];
  const begin = async (kept: Uint8Array | undefined) => {
    const enclave = startEnclave({
      role: "guardian",
      isolation: context.isolation,
      bundle: context.bundle,
      evidence: context.evidence,
      log: saysOf(log),
      methods: chain.methods,
    });
    enclaves.push(enclave);
    return { enclave, ...(await openGuardianKeys(context, enclave, { kept, nodeId })) };
  };

  try {
    const old = await begin(sealed);
    const next = await begin(undefined);
    await registerEnclaveKey(context, next.enclave, { signer: next.signer, nodeId, role: "guardian" });
    const deposits = new Map<string, Uint8Array>();
    let destroyed = 0;
    let damaged = 0;
    for (const [name, deposit] of await readDeposits(config.dataDir)) {
      const target = { signer: next.signer, kemKey: next.kemKey };
      const params = { nodeId, ...chain.place, deposit, ...target };
      try {
        const reseal = () => old.enclave.call("reseal", params, { timeoutMs: 60_000 });
        deposits.set(name, bytes.parse(await whenConfirmed(context, reseal)));
      } catch (error) {
        if (!isPersonaError(error) || ![...ended, ...spoilt].includes(error.code)) throw error;
        if (ended.includes(error.code)) destroyed += 1;
        else damaged += 1;
        if (spoilt.includes(error.code)) log.warn({ file: name, code: error.code }, "a deposit is damaged");
      }
    }
    // One file must not keep a guardian from its next key; that most are spoilt is another fault, and theirs is not the price.
    if (damaged > deposits.size) {
      throw new PersonaError("CONFIG_INVALID", "Most deposits are damaged: restore them before the key is rotated.", {
        data: { damaged, whole: deposits.size },
      });
    }
    const sealedKeys = next.kept ?? (await heldKeys(context, next.enclave, { keys: next, nodeId }));
    await commitRotation(config.dataDir, { sealedKeys, deposits });
    // From here on nobody has the old key but this process' enclave, which ends below.
    await callContract(client, { ...registry, functionName: "destroyEnclaveKey", args: [old.signer] });
    log.info({ nodeId, from: old.signer, to: next.signer, resealed: deposits.size, destroyed }, "guardian key rotated");
    return { nodeId, from: old.signer, to: next.signer, resealed: deposits.size, destroyed, damaged };
  } finally {
    await Promise.all(enclaves.map((enclave) => enclave.stop()));
    chain.close();
  }
}

/**
 * Two enclaves of one data directory would each take deposits that the other does not know. A daemon of this machine holds the admin
 * socket, which is the directory's lock; one that runs elsewhere over a copy of it answers at its endpoint.
 */
async function requireStopped(endpoint: string): Promise<void> {
  const health = URL.canParse(endpoint) ? new URL("/healthz", endpoint) : undefined;
  if (health === undefined) return;
  const answer = await fetch(health, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  await answer?.body?.cancel();
  if (answer === undefined) return;
  throw new PersonaError("CONFIG_INVALID", "The guardian is running: stop it, rotate, and start it again.", {
    data: { endpoint },
  });
}
