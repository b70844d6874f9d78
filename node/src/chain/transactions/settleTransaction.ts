import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Hex, type TransactionReceipt, TransactionReceiptNotFoundError } from "viem";
import { broadcast, type Sender } from "./broadcast.ts";
import type { StoredTransaction } from "./TransactionStore.ts";

/** The newest block, as one turn sees it. */
export type TurnBlock = {
  readonly number: bigint;
  readonly hash: Hex;
  /** Transactions of the account in the chain up to here: the next nonce. */
  readonly nonce: number;
};

/** The receipt of whichever attempt is in the chain. @throws what the client throws when it cannot say */
export async function findReceipt(
  { client }: Pick<Sender, "client">,
  { attempts }: Pick<StoredTransaction, "attempts">,
): Promise<TransactionReceipt | undefined> {
  for (const { hash } of attempts.toReversed()) {
    try {
      return await client.getTransactionReceipt({ hash });
    } catch (error) {
      if (!(error instanceof TransactionReceiptNotFoundError)) throw error;
    }
  }
  return undefined;
}

/** Writes that it is in a block. @returns what is stored then; undefined when another process has written first */
export async function writeMined(
  { store, clock }: Pick<Sender, "store" | "clock">,
  transaction: StoredTransaction,
  { transactionHash: hash, blockNumber, blockHash, status }: TransactionReceipt,
): Promise<StoredTransaction | undefined> {
  const mined = { hash, blockNumber, blockHash, success: status === "success" };
  const next = { ...transaction, status: "mined", mined, changedAt: clock.now() } as const;
  return (await store.save(next)) ? { ...next, version: transaction.version + 1 } : undefined;
}

/**
 * Transactions in blocks: those deep enough are final, those whose block was replaced are where they are now, or open again and
 * sent at once.
 */
export async function followMined(
  sender: Sender,
  transactions: readonly StoredTransaction[],
  head: TurnBlock,
  finalityDepth: bigint,
): Promise<void> {
  const { client, store, clock, log } = sender;
  const blocks = Map.groupBy(transactions, ({ mined }) => mined?.blockNumber ?? -1n);
  // The newest first: while it is where it was, so are all below it.
  const newestFirst = [...blocks].sort(([a], [b]) => Number(b - a));
  let intact = false;
  for (const [blockNumber, group] of newestFirst) {
    // An endpoint that has not come so far says nothing about it.
    if (blockNumber > head.number) continue;
    const known = group[0]?.mined?.blockHash;
    const found = intact
      ? known
      : blockNumber === head.number
        ? head.hash
        : (await client.getBlock({ blockNumber })).hash;
    const hash = found ?? head.hash;
    if (group.every(({ mined }) => mined?.blockHash === hash)) intact = true;
    for (const transaction of group) {
      const { mined } = transaction;
      if (mined === undefined) continue;
      if (mined.blockHash === hash) {
        if (blockNumber + finalityDepth > head.number) continue;
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
}

/**
 * Another program has used the nonce: the transaction gets a new one.
 * @returns the transaction with its new nonce, not signed yet; undefined when another process was faster
 */
export async function giveNewNonce(
  { store, clock }: Sender,
  transaction: StoredTransaction,
  head: TurnBlock,
): Promise<StoredTransaction | undefined> {
  const gone = { hash: transaction.attempts.at(-1)?.hash ?? head.hash, blockNumber: head.number, blockHash: head.hash };
  const failed = {
    ...transaction,
    status: "final",
    mined: { ...gone, success: false },
    changedAt: clock.now(),
  } as const;
  if (!(await store.save(failed))) return undefined;
  return store.reserve(transaction, head.nonce, clock.now(), transaction.version + 1);
}

export const nonceTaken = ({ key, what, nonce }: StoredTransaction): PersonaError =>
  new PersonaError("NONCE_TAKEN", "Another program sends transactions of the operator's account.", {
    data: { key, what, nonce },
  });
