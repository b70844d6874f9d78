import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Hex, type TransactionReceipt, TransactionReceiptNotFoundError } from "viem";
import type { Sender } from "./broadcast.ts";
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
