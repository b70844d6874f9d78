import type { ChainClient } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Logger } from "pino";
import { BaseError, InsufficientFundsError, keccak256, type LocalAccount } from "viem";
import type { Clock } from "../clock.ts";
import { baseFeeOf, type FeeLimits, type FeeMarket, nextFees } from "./fees.ts";
import type { StoredTransaction, TransactionStore } from "./TransactionStore.ts";

/** What sending needs of the chain. */
type TransactionClient = Pick<
  ChainClient,
  | "chain"
  | "call"
  | "estimateGas"
  | "estimateMaxPriorityFeePerGas"
  | "getBalance"
  | "getBlock"
  | "getTransactionCount"
  | "getTransactionReceipt"
  | "sendRawTransaction"
>;

export type Sender = {
  readonly client: TransactionClient;
  readonly account: LocalAccount;
  readonly store: TransactionStore;
  readonly limits: FeeLimits;
  readonly clock: Clock;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
};

/** The pool has it, or had it: the chain will show which. */
const harmless = /already (known|imported)|known transaction|nonce (is )?too low|transaction underpriced|replacement/i;
const noFunds = /insufficient funds|enough funds/i;

export async function readMarket(client: TransactionClient): Promise<FeeMarket> {
  const [block, tip] = await Promise.all([client.getBlock(), client.estimateMaxPriorityFeePerGas()]);
  return { baseFeePerGas: baseFeeOf(block), tip };
}

/**
 * Signs the transaction with fees of now, or with higher ones than its last attempt, and writes it.
 * @returns what is stored now; undefined when another process was faster, or fees cannot rise
 */
export async function signAttempt(
  sender: Sender,
  transaction: StoredTransaction,
  market: FeeMarket,
): Promise<StoredTransaction | undefined> {
  const { client, account, store, limits, clock } = sender;
  const fees = nextFees(market, limits, transaction.attempts.at(-1));
  if (fees === undefined) return undefined;
  const { nonce, to, data, value, gas } = transaction;
  const raw = await account.signTransaction({
    type: "eip1559",
    chainId: client.chain.id,
    nonce,
    to,
    data,
    value,
    gas,
    ...fees,
  });
  const now = clock.now();
  const attempt = { hash: keccak256(raw), raw, ...fees, signedAt: now };
  const signed = { ...transaction, attempts: [...transaction.attempts, attempt], changedAt: now };
  return (await store.save(signed)) ? { ...signed, version: transaction.version + 1 } : undefined;
}

/** Sends the newest attempt. An endpoint that refuses or fails is told of, and asked again at a later turn. */
export async function broadcast(sender: Sender, transaction: StoredTransaction): Promise<void> {
  const { client, log } = sender;
  const attempt = transaction.attempts.at(-1);
  if (attempt === undefined) return;
  try {
    await client.sendRawTransaction({ serializedTransaction: attempt.raw });
  } catch (error) {
    const text = error instanceof BaseError ? error.details : String(error);
    if (harmless.test(text)) return;
    const { key, what, nonce } = transaction;
    const code = isEmpty(error) ? "GAS_EMPTY" : "CHAIN_UNREACHABLE";
    log.warn({ transaction: key, what, nonce, code }, "a transaction was not taken; it is sent again");
  }
}

const isEmpty = (error: unknown): boolean =>
  error instanceof BaseError &&
  (noFunds.test(error.details) || error.walk((cause) => cause instanceof InsufficientFundsError) !== null);

export const emptyAccount = (data: Record<string, string | bigint>): PersonaError =>
  new PersonaError("GAS_EMPTY", "The operator's account cannot pay for the transaction.", { data });
