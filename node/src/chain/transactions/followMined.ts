import type { Hex } from "viem";
import { broadcast, type Sender } from "./broadcast.ts";
import { findReceipt, type TurnBlock, writeMined } from "./settleTransaction.ts";
import type { StoredTransaction } from "./TransactionStore.ts";

/** What an earlier look has found: as long as its block is in the chain, so is all that was found below it. */
export type MinedTrail = { head: TurnBlock | undefined; readonly found: Map<string, Hex> };

export const createMinedTrail = (): MinedTrail => ({ head: undefined, found: new Map() });

/**
 * Transactions in blocks: those deep enough are final, those whose block was replaced are where they are now, or open again and
 * sent at once. That a newer one is where it was says nothing about an older one: it may have been mined anew since.
 *
 * @param trail of the looks before, so that not every block is asked for again
 */
export async function followMined(
  sender: Sender,
  transactions: readonly StoredTransaction[],
  head: TurnBlock,
  finalityDepth: bigint,
  trail: MinedTrail,
): Promise<void> {
  const { client, store, clock, log } = sender;
  const ask = async (number: bigint): Promise<Hex> =>
    (await client.getBlock({ blockNumber: number })).hash ?? head.hash;
  const hashAt = async (number: bigint): Promise<Hex> => (number === head.number ? head.hash : ask(number));
  const { head: last } = trail;
  const holds = last !== undefined && last.number <= head.number && (await hashAt(last.number)) === last.hash;
  if (!holds) trail.found.clear();
  const found = new Map<string, Hex>();
  let hasAsked = false;
  const blocks = Map.groupBy(transactions, ({ mined }) => mined?.blockNumber ?? -1n);
  for (const [blockNumber, group] of blocks) {
    // An endpoint that has not come so far says nothing about it.
    if (blockNumber > head.number) continue;
    const known = group[0]?.mined?.blockHash;
    const isDeep = blockNumber + finalityDepth <= head.number;
    const isFound = group.every(({ key, mined }) => mined?.blockHash === known && trail.found.get(key) === known);
    // What is to be final is asked for anew: there is no other look after it.
    const isKnown = isFound && !isDeep && known !== undefined;
    hasAsked ||= !isKnown;
    const hash = isKnown ? known : await hashAt(blockNumber);
    for (const transaction of group) {
      const { mined } = transaction;
      if (mined === undefined) continue;
      if (mined.blockHash === hash) {
        if (!isDeep) {
          found.set(transaction.key, hash);
          continue;
        }
        // The signed bytes are of no more use; key, hashes and outcome answer repeats.
        const attempts = transaction.attempts.map((attempt) => ({ ...attempt, raw: "0x" as const }));
        await store.save({ ...transaction, status: "final", data: "0x", attempts, changedAt: clock.now() });
        continue;
      }
      const receipt = await findReceipt(sender, transaction);
      if (receipt !== undefined) {
        await writeMined(sender, transaction, receipt);
        continue;
      }
      const { key, what, nonce } = transaction;
      log.warn({ transaction: key, what, nonce }, "a reorganisation has taken a transaction; it is sent again");
      const open = { ...transaction, status: "open", mined: undefined, changedAt: clock.now() } as const;
      if (await store.save(open)) await broadcast(sender, open);
    }
  }
  // An endpoint may be several machines: what was asked while they were in different forks fits no one chain.
  if (hasAsked && (await ask(head.number)) !== head.hash) found.clear();
  trail.head = head;
  trail.found.clear();
  for (const [key, hash] of found) trail.found.set(key, hash);
}
