import { sha256Hex } from "@persona-protocol/sdk/crypto";
import { isPersonaError, reasonOfCode } from "@persona-protocol/sdk/errors";
import { decodeKeyBoxHead } from "@persona-protocol/sdk/storage";
import type { Address, Hex } from "viem";
import type { AccessLog } from "./accessLog.ts";
import { blocksOf, type GuardianChain, type Look } from "./guardianChain.ts";

/** What a guardian's enclave makes of erased datasets (docs/protocol.md 3.5): the shares it keeps of them end. */
export type Erasures = {
  /**
   * Destroys what is kept of a dataset that is erased for good, by what all endpoints say at the confirmed block *and* at the
   * newest. One that is being erased, was restored, or is erased by a block that may still go away keeps its shares.
   * @returns how many KeyBoxes were destroyed
   * @throws PersonaError STORE_FAILED, CHAIN_DISAGREES, CHAIN_UNREACHABLE; it is done the next time, then
   */
  settle(datasetId: Hex, look: Look): Promise<number>;
  /**
   * The same for many, whatever was done before: a deposit may have come in between.
   * @param overdue those of them whose owners have had a week to register them: of these, what no block knows ends, too. Not in the
   * log, which nobody could ask for it, and which a stranger would fill by it.
   */
  sweep(datasetIds: readonly Hex[], overdue?: Overdue): Promise<number>;
};

type Overdue = {
  readonly datasetIds: readonly Hex[];
  /**
   * Unix seconds, a week after the last deposit of any of them. "Erased" is true for ever, "unknown" only of that block: a chain that
   * has not come so far, because its endpoints stand still or are read anew, says nothing.
   */
  readonly asOf: number;
};

/** The host's part. It can keep a copy, which opens nowhere: this enclave refuses, and the key's period ends. */
export type DepositKeeper = {
  /** Digests of the KeyBoxes kept of a dataset. */
  kept(datasetId: Hex): Promise<readonly Hex[]>;
  /** As the owner deposited it. */
  deposit(keyBoxDigest: Hex): Promise<{ readonly head: Uint8Array } | undefined>;
  /** Resolves when they are gone from the disk. */
  destroy(keyBoxDigests: readonly Hex[]): Promise<void>;
  /** The same for all of a dataset that is overdue, unless its owner has deposited anew meanwhile. @returns how many */
  expire(datasetId: Hex): Promise<number>;
};

/** Chain reads of one sweep at once. */
const width = 16;
/** Datasets of which nothing is left, so that requests for them cost the host nothing. */
const maxSettled = 16_384;
const erasedReason = reasonOfCode("DATASET_ERASED") ?? 0;

export function createErasures(parts: {
  readonly chain: GuardianChain;
  readonly log: Pick<AccessLog, "append">;
  readonly host: DepositKeeper;
  /** Answers with shares of the dataset that the enclave still has in memory. */
  readonly forget: (datasetId: Hex) => void;
}): Erasures {
  const { chain, log, host, forget } = parts;
  const settled = new Set<Hex>();
  const running = new Map<Hex, Promise<number>>();

  const destroy = async (datasetId: Hex, owner: Address, blockNumber: bigint): Promise<number> => {
    const digests = await host.kept(datasetId);
    forget(datasetId);
    if (digests.length === 0) return 0;
    // Logged first: what is gone without an entry would look like a loss. Killed in between, it is logged and done again.
    for (const keyBoxDigest of digests) {
      if (!(await isKeyBoxOf(host, keyBoxDigest, datasetId))) continue;
      const entry = { kind: "destruction", reason: erasedReason, attempt: 0, input: 0, blockNumber } as const;
      const who = { jobId: keyBoxDigest, datasetId, signer: owner };
      await log.append({ ...entry, ...who }, async () => ({ answer: undefined, revocation: undefined }));
    }
    await host.destroy(digests);
    return digests.length;
  };

  const settleNow = async (datasetId: Hex, look: Look): Promise<number> => {
    const { confirmed } = look;
    for (const { number } of blocksOf(look))
      if ((await chain.view.dataset(datasetId, number)).status !== "erased") return 0;
    const before = await chain.view.dataset(datasetId, confirmed.number);
    const under = running.get(datasetId) ?? destroy(datasetId, before.owner, confirmed.number);
    running.set(datasetId, under);
    try {
      const destroyed = await under;
      const [oldest] = settled;
      if (settled.size >= maxSettled && oldest !== undefined) settled.delete(oldest);
      settled.add(datasetId);
      return destroyed;
    } finally {
      if (running.get(datasetId) === under) running.delete(datasetId);
    }
  };

  /** By all endpoints at all their blocks, as for an erased one. */
  const expire = async (datasetId: Hex, look: Look): Promise<number> => {
    const blocks = blocksOf(look).map(({ number }) => number);
    const states = await Promise.all(blocks.map((number) => chain.view.dataset(datasetId, number)));
    if (states.some(({ status }) => status !== "none")) return 0;
    forget(datasetId);
    return host.expire(datasetId);
  };

  return {
    settle: async (datasetId, look) => (settled.has(datasetId) ? 0 : settleNow(datasetId, look)),
    async sweep(datasetIds, overdue) {
      const look = await chain.look();
      const hasCome = overdue !== undefined && look.confirmed.timestamp >= BigInt(overdue.asOf);
      const old = new Set(hasCome ? overdue.datasetIds : []);
      const left = datasetIds.values();
      let destroyed = 0;
      const work = async () => {
        for (const datasetId of left) {
          destroyed += await settleNow(datasetId, look);
          if (old.has(datasetId)) destroyed += await expire(datasetId, look);
        }
      };
      await Promise.all(Array.from({ length: width }, work));
      return destroyed;
    },
  };
}

/** The host names the digests: only what is really a KeyBox of this dataset goes into the log. */
async function isKeyBoxOf(host: DepositKeeper, keyBoxDigest: Hex, datasetId: Hex): Promise<boolean> {
  try {
    const stored = await host.deposit(keyBoxDigest);
    if (stored === undefined || sha256Hex(stored.head) !== keyBoxDigest) return false;
    return decodeKeyBoxHead(stored.head).datasetId === datasetId;
  } catch (error) {
    if (isPersonaError(error)) return false; // Damaged on the host's disk.
    throw error;
  }
}
