import type { Address, Hex } from "viem";

/** One signed form of a transaction: the first, or one with higher fees. Wei per gas. */
export type TransactionAttempt = {
  readonly hash: Hex;
  /** The signed bytes: they are sent again as they are. */
  readonly raw: Hex;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  /** Milliseconds since the epoch. */
  readonly signedAt: number;
};

/** What is to be done, before it has a nonce. */
export type TransactionIntent = {
  /** The caller's name for it: one key, one effect. */
  readonly key: string;
  /** For people: the called function. */
  readonly what: string;
  readonly to: Address;
  readonly data: Hex;
  readonly value: bigint;
  readonly gas: bigint;
};

/**
 * - `open`: it has a nonce; whether a node has it only the chain knows. Without attempts it was not even signed.
 * - `mined`: in a block that may still be replaced.
 * - `final`: in a block that will stay; kept so that a repeat of the key is answered.
 */
export type TransactionStatus = "open" | "mined" | "final";

export type StoredTransaction = TransactionIntent & {
  readonly nonce: number;
  readonly status: TransactionStatus;
  /** Oldest first. */
  readonly attempts: readonly TransactionAttempt[];
  /** Where it is; undefined while open. */
  readonly mined: MinedTransaction | undefined;
  /** Milliseconds since the epoch of the last change. */
  readonly changedAt: number;
  /** Grows with each write: the guard of `save`. */
  readonly version: number;
};

type MinedTransaction = {
  readonly hash: Hex;
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
  readonly success: boolean;
};

/**
 * The memory of one account's transactions. Several processes may share one (each call is atomic among them): the nonce has one
 * owner, and it is this. Every promise resolves when what it did is durable.
 */
export type TransactionStore = {
  get(key: string): Promise<StoredTransaction | undefined>;
  /** The transaction that had this hash in one of its attempts. */
  byHash(hash: Hex): Promise<StoredTransaction | undefined>;
  /**
   * Takes the next nonce: the lowest that is at least `atLeast` and above every stored one. Where the key is known, what is
   * stored is returned and nothing is taken; but one that was mined, failed, and is named by `instead` is replaced.
   * @param instead version of the failed transaction with this key that the caller has seen
   */
  reserve(intent: TransactionIntent, atLeast: number, now: number, instead?: number): Promise<StoredTransaction>;
  /**
   * Takes exactly this nonce, which the chain has not seen: false when one that is not final has it by now, or the key is known. A final
   * one that had it is gone with the blocks that it was in, and is forgotten.
   */
  fill(intent: TransactionIntent, nonce: number, now: number): Promise<boolean>;
  /** Writes it with the next version; false when another was written since `transaction.version`, and nothing is changed. */
  save(transaction: StoredTransaction): Promise<boolean>;
  /** All of one status, by nonce. */
  unfinished(status: "open" | "mined"): Promise<StoredTransaction[]>;
  /** Forgets final ones that changed last before `before` (milliseconds since the epoch). */
  prune(before: number): Promise<void>;
};
