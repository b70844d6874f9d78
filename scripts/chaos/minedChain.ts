import type { ChainClient } from "@persona-protocol/sdk/contracts";
import type { Hex } from "viem";
import type { SeenTransactions } from "./faultyChain.ts";
import { maxReorgDepth } from "./schedule.ts";

/** A chain that makes a block when it is told, and forgets some when it is told that. */
export type MinedChain = {
  /** @returns the new block's number */
  mine(): Promise<bigint>;
  /** @returns the first block that is another one now; undefined when there are not so many yet */
  reorganise(depth: number, options: { readonly returns: boolean }): Promise<bigint | undefined>;
  /** Moves the chain's time on with the next block. */
  later(seconds: number): Promise<void>;
};

/**
 * Hardhat's chain, with its own mining turned off: the harness makes a block in each interval, so that between two blocks there
 * is a moment to which the chain can be taken back.
 */
export async function openMinedChain(client: ChainClient, seen: SeenTransactions): Promise<MinedChain> {
  const rpc = (method: string, ...params: unknown[]) =>
    (client.request as (call: { method: string; params: unknown[] }) => Promise<unknown>)({ method, params });
  await rpc("evm_setAutomine", false);
  await rpc("evm_setIntervalMining", 0);
  /** Before each of the newest blocks. */
  let snapshots: unknown[] = [];

  const mine = async (): Promise<bigint> => {
    snapshots = [...snapshots, await rpc("evm_snapshot")].slice(-maxReorgDepth);
    await rpc("evm_mine");
    return client.getBlockNumber();
  };
  return {
    mine,
    async reorganise(depth, { returns }) {
      const snapshot = snapshots.at(-depth);
      if (snapshots.length < depth || snapshot === undefined) return undefined;
      const head = await client.getBlockNumber();
      const first = head - BigInt(depth) + 1n;
      const lost: Hex[] = [];
      for (let number = first; number <= head; number++)
        lost.push(...(await client.getBlock({ blockNumber: number })).transactions);
      if ((await rpc("evm_revert", snapshot)) !== true) throw new Error("the chain cannot be taken back");
      snapshots = snapshots.slice(0, -depth);
      if (returns)
        for (const hash of lost) {
          const raw = seen.get(hash);
          // One whose nonce waits already, from the moment that the chain was taken back to, is refused.
          if (raw !== undefined) await rpc("eth_sendRawTransaction", raw).catch(() => {});
        }
      // A chain is followed when it is longer.
      for (let i = 0; i <= depth; i++) await mine();
      return first;
    },
    async later(seconds) {
      await rpc("evm_increaseTime", seconds);
    },
  };
}
