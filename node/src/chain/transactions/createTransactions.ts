import { explainChainError } from "@persona-protocol/sdk/contracts";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { concatHex, type EncodeFunctionDataParameters, encodeFunctionData, type TransactionReceipt } from "viem";
import { broadcast, emptyAccount, readMarket, type Sender, signAttempt } from "./broadcast.ts";
import type { FeeMarket } from "./fees.ts";
import { createMinedTrail, followMined } from "./followMined.ts";
import { findReceipt, giveNewNonce, nonceTaken, type TurnBlock, writeMined } from "./settleTransaction.ts";
import type { StoredTransaction, TransactionIntent } from "./TransactionStore.ts";
import type { TransactionCall, Transactions } from "./Transactions.ts";

export type TransactionsOptions = Sender & {
  /** Wei: below it, beyond what is under way, nothing new is begun. */
  readonly floor: bigint;
  /** Between two looks while a transaction is under way, in milliseconds. */
  readonly pollMs: number;
  /** A transaction that is not mined after so long gets a higher fee. */
  readonly bumpAfterMs?: number;
  /** How long, and over three blocks, the chain must say that a nonce of ours was taken or is missing: endpoints lag. */
  readonly believeAfterMs?: number;
  /** Blocks above a transaction after which no reorganisation is expected. */
  readonly finalityDepth?: number;
  /** Called once when another program takes our nonces. */
  readonly onAlarm?: (error: PersonaError) => void;
  readonly signal: AbortSignal;
};

/** EIP-7825: no block takes a transaction with more. */
const mostGas = 16_777_216n;
const transferGas = 21_000n;
/** Without transactions under way: balance and blocks are looked at so often. */
const idleMs = 15_000;
/** A node may have dropped it: it is sent again so often. */
const resendMs = 10_000;
/** Looks, each of another block, until the chain is believed that a nonce was taken or is missing. */
const looksToBelieve = 3;
/** More transactions of ours than this are in no pool: an endpoint that says so is not believed. */
const mostPending = 64;
/** Blocks of mined transactions are looked at so often at most. */
const minedEveryMs = 1_000;
const keepFinalMs = 7 * 86_400_000;
const pruneEveryMs = 3_600_000;

type Waiter = { resolve(receipt: TransactionReceipt): void; reject(error: unknown): void };

/** The one sender of an account's transactions: with what the store holds of them it goes on at once. */
export function createTransactions(options: TransactionsOptions): Transactions {
  const { client, account, store, clock, log, floor, pollMs, signal, onAlarm = () => {} } = options;
  const { bumpAfterMs = 30_000, believeAfterMs = 30_000 } = options;
  const finalityDepth = BigInt(options.finalityDepth ?? 64);
  const waiters = new Map<string, Set<Waiter>>();
  /** By key or nonce: how many looks have seen something that cannot be. */
  const oddities = new Map<string, { readonly block: bigint; readonly looks: number; readonly since: number }>();
  const resentAt = new Map<string, number>();
  const trail = createMinedTrail();
  let [balance, open, mined, reserved]: [bigint | undefined, number, number, bigint] = [undefined, 0, 0, 0n];
  let pendingAtStart = 0;
  let [wasLow, alarmed, prunedAt, minedAt, seen, dirty] = [false, false, 0, 0, "", true];
  let interrupt = () => {};
  const wake = () => {
    dirty = true;
    interrupt();
  };
  signal.addEventListener("abort", wake, { once: true });

  /** One after the other, because some nodes take no nonce before the one below it. */
  let lastSending: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = lastSending.then(work);
    lastSending = result.catch(() => {});
    return result;
  };
  const signAndSend = (transaction: StoredTransaction, market?: FeeMarket): Promise<void> =>
    inTurn(async () => {
      const signed = await signAttempt(options, transaction, market ?? (await readMarket(client)));
      resentAt.set(transaction.key, clock.now());
      if (signed !== undefined) await broadcast(options, signed);
    });

  const outcome = async (transaction: StoredTransaction): Promise<TransactionReceipt> => {
    const receipt = await findReceipt(options, transaction);
    if (receipt === undefined)
      throw new PersonaError("CHAIN_UNREACHABLE", "The endpoint does not show a transaction that is mined.", {
        data: { what: transaction.what },
      });
    if (receipt.status === "success") return receipt;
    throw await whyReverted(transaction, receipt);
  };
  /** What the contract says to the same call at the block's end: mostly why it reverted there. */
  const whyReverted = async (transaction: StoredTransaction, { blockNumber }: TransactionReceipt): Promise<unknown> => {
    const { to, data, what } = transaction;
    if (data !== "0x") {
      try {
        await client.call({ account: account.address, to, data, blockNumber });
      } catch (error) {
        const why = await explainChainError(error, what);
        if (isPersonaError(why) && why.retry === "never") return why;
      }
    }
    return new PersonaError("TRANSACTION_REVERTED", `The transaction ${what} was mined and reverted.`);
  };

  const answer = async (transaction: StoredTransaction): Promise<void> => {
    const waiting = waiters.get(transaction.key);
    if (waiting === undefined || transaction.status === "open") return;
    try {
      const receipt = await outcome(transaction);
      for (const { resolve } of waiting) resolve(receipt);
    } catch (error) {
      // Asked again at the next turn: the transaction is mined all the same.
      if (!isPersonaError(error) || error.retry === "later") throw error;
      for (const { reject } of waiting) reject(error);
    }
    waiters.delete(transaction.key);
  };

  /** @returns whether it has been so for some blocks; one look may be an endpoint that lags behind the other answers */
  const believed = (name: string, head: TurnBlock): boolean => {
    const { since, looks, block } = oddities.get(name) ?? { since: clock.now(), looks: 0, block: undefined };
    const seenBy = block === head.number ? looks : looks + 1;
    oddities.set(name, { block: head.number, looks: seenBy, since });
    return seenBy >= looksToBelieve && clock.now() - since >= believeAfterMs;
  };

  const followOpen = async (transaction: StoredTransaction, head: TurnBlock, isLowest: boolean): Promise<void> => {
    const { key, what, nonce, attempts } = transaction;
    const last = attempts.at(-1);
    if (nonce < head.nonce) {
      const receipt = await findReceipt(options, transaction);
      if (receipt !== undefined) {
        oddities.delete(key);
        resentAt.delete(key);
        const written = await writeMined(options, transaction, receipt);
        mined += 1;
        if (written !== undefined) await answer(written);
        return;
      }
      if (!believed(key, head)) return;
      oddities.delete(key);
      const error = nonceTaken(transaction);
      log.error({ transaction: key, what, nonce }, "another program has used a nonce of this account");
      if (!alarmed) onAlarm(error);
      alarmed = true;
      const again = await giveNewNonce(options, transaction, head);
      if (again !== undefined) await signAndSend(again);
      return;
    }
    oddities.delete(key);
    if (last === undefined) return signAndSend(transaction);
    const now = clock.now();
    if (isLowest && now - last.signedAt >= bumpAfterMs) {
      log.warn(
        { transaction: key, what, nonce, attempts: attempts.length },
        "a transaction is not mined; its fee is raised",
      );
      return signAndSend(transaction);
    }
    // One of an earlier process, or of another one, is sent at once: perhaps it never was.
    if (now - (resentAt.get(key) ?? 0) < Math.min(resendMs, bumpAfterMs)) return;
    resentAt.set(key, now);
    await inTurn(() => broadcast(options, transaction));
  };

  /** A nonce below ours that nobody has used holds all others up: the store is older than the chain, or a stranger's was dropped. */
  const fillHoles = async (unfinished: readonly StoredTransaction[], head: TurnBlock): Promise<void> => {
    const lowest = unfinished.find(({ status }) => status === "open")?.nonce ?? head.nonce;
    if (lowest <= head.nonce) return;
    const known = new Set(unfinished.map(({ nonce }) => nonce));
    for (let nonce = head.nonce; nonce < Math.min(lowest, head.nonce + mostPending); nonce++) {
      if (known.has(nonce) || !believed(`hole:${nonce}`, head)) continue;
      oddities.delete(`hole:${nonce}`);
      const intent = { key: `fill:${nonce}:${clock.now()}`, what: "nothing", to: account.address, data: "0x" } as const;
      if (await store.fill({ ...intent, value: 0n, gas: transferGas }, nonce, clock.now()))
        log.warn({ nonce }, "a nonce is missing; an empty transaction takes it");
    }
  };

  const turn = async (): Promise<void> => {
    const address = account.address;
    const [block, nonce, funds] = await Promise.all([
      client.getBlock(),
      client.getTransactionCount({ address, blockTag: "latest" }),
      client.getBalance({ address }),
    ]);
    const head = { number: block.number, hash: block.hash, nonce };
    balance = funds;
    const opened = await store.unfinished("open");
    await Promise.all(opened.map((each) => followOpen(each, head, each.nonce === head.nonce)));
    if (seen !== head.hash && clock.now() - minedAt >= Math.min(minedEveryMs, 10 * pollMs)) {
      const inBlocks = await store.unfinished("mined");
      await followMined(options, inBlocks, head, finalityDepth, trail);
      await fillHoles([...opened, ...inBlocks], head);
      [seen, minedAt, mined] = [head.hash, clock.now(), inBlocks.length];
    }
    for (const key of waiters.keys()) {
      const stored = await store.get(key);
      if (stored !== undefined) await answer(stored);
    }
    reserved = opened.reduce(
      (sum, { gas, value, attempts }) => sum + value + gas * (attempts.at(-1)?.maxFeePerGas ?? 0n),
      0n,
    );
    open = opened.length;
    const isLow = funds - reserved < floor;
    if (isLow !== wasLow) {
      if (isLow) log.error({ balance: String(funds), floor: String(floor) }, "gas runs out: no more jobs are claimed");
      else log.info({ balance: String(funds) }, "there is gas again");
      wasLow = isLow;
    }
    if (clock.now() - prunedAt > pruneEveryMs) {
      prunedAt = clock.now();
      await store.prune(prunedAt - keepFinalMs);
    }
  };

  const work = async (): Promise<void> => {
    let failures = 0;
    while (!signal.aborted) {
      dirty = false;
      try {
        pendingAtStart ||= await client.getTransactionCount({ address: account.address, blockTag: "pending" });
        await turn();
        failures = 0;
      } catch (error) {
        failures += 1;
        const why = await explainChainError(error, "a look at the chain");
        const code = isPersonaError(why) ? why.code : "INTERNAL";
        log.warn(
          { code, failures, message: isPersonaError(why) ? why.shortMessage : String(why) },
          "transactions were not looked at; trying again",
        );
      }
      if (dirty || signal.aborted) continue;
      const waiting = new AbortController();
      interrupt = () => waiting.abort();
      const busy = failures > 0 || open > 0 || waiters.size > 0;
      await clock.sleep(busy ? pollMs : mined > 0 ? Math.min(idleMs, 10 * pollMs) : idleMs, waiting.signal);
    }
    await lastSending;
    for (const waiting of waiters.values()) for (const { reject } of waiting) reject(stopped());
  };

  const wait = (key: string, until: AbortSignal | undefined): Promise<TransactionReceipt> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) throw stopped();
      const waiting = waiters.get(key) ?? new Set();
      const leave = () => {
        waiting.delete(waiter);
        if (waiting.size === 0 && waiters.get(key) === waiting) waiters.delete(key);
        reject(stopped());
      };
      const forget = () => until?.removeEventListener("abort", leave);
      const waiter: Waiter = {
        resolve: (receipt) => {
          forget();
          resolve(receipt);
        },
        reject: (error) => {
          forget();
          reject(error);
        },
      };
      until?.addEventListener("abort", leave, { once: true });
      waiters.set(key, waiting.add(waiter));
      wake();
    });

  /** @throws what the contract says now */
  const intentOf = async (call: TransactionCall, key: string): Promise<TransactionIntent> => {
    const { address: to, abi, functionName: what, args, dataSuffix } = call;
    try {
      const plain = encodeFunctionData({ abi, functionName: what, args } as EncodeFunctionDataParameters);
      const data = dataSuffix === undefined ? plain : concatHex([plain, dataSuffix]);
      const gas = await client.estimateGas({ account: account.address, to, data });
      const roomy = (gas * 5n) / 4n;
      return { key, what, to, data, value: 0n, gas: roomy < mostGas ? roomy : mostGas };
    } catch (error) {
      throw await explainChainError(error, what);
    }
  };

  const begin = async (call: TransactionCall, key: string, instead: number | undefined): Promise<void> => {
    const address = account.address;
    try {
      const [intent, nonce, funds, market] = await Promise.all([
        intentOf(call, key),
        client.getTransactionCount({ address, blockTag: "latest" }),
        client.getBalance({ address }),
        readMarket(client),
      ]);
      const least = intent.gas * market.baseFeePerGas;
      if (funds < least) throw emptyAccount({ what: call.functionName, balance: funds, least });
      const known = pendingAtStart - nonce <= mostPending ? Math.max(nonce, pendingAtStart) : nonce;
      const stored = await store.reserve(intent, known, clock.now(), instead);
      // Whatever comes now, the loop sees it through.
      wake();
      if (stored.attempts.length === 0) await signAndSend(stored, market);
    } catch (error) {
      throw await explainChainError(error, call.functionName);
    }
  };

  return {
    async send(call, { key, signal: until }) {
      if (signal.aborted || until?.aborted === true) throw stopped();
      const stored = await store.get(key);
      if (stored !== undefined && stored.status !== "open" && stored.mined?.success === true) return outcome(stored);
      const failed = stored?.status !== "open" && stored?.mined?.success === false;
      if (stored === undefined || failed) await begin(call as unknown as TransactionCall, key, stored?.version);
      return wait(key, until);
    },
    mayClaim: () => balance !== undefined && balance - reserved >= floor,
    status: () => ({ balance, floor, open, mined }),
    ended: work(),
  };
}

const stopped = (): PersonaError =>
  new PersonaError("CANCELLED", "Nobody waits for the transaction any more; it goes on when the node runs.");
