import { type JobParams, jobMarketAbi, jobOfferHashOf, type Receipt } from "@persona-protocol/sdk/contracts";
import { concatHex, type Hex, keccak256, size } from "viem";
import type { WorkerContext } from "./jobSteps.ts";

/** A signed receipt and what the market wants beside it. */
export type Ending = {
  readonly jobId: Hex;
  readonly params: JobParams;
  readonly receipt: Receipt;
  readonly signature: Hex;
  readonly ciphertext: Hex;
  /** The hashes that the receipt's `releasesHash` is over. */
  readonly releases?: readonly Hex[];
};

type Market = Pick<WorkerContext, "send" | "deployment">;

/** A result by one function of the market, a failure by another. @returns the block */
export async function bringReceipt({ send, deployment }: Market, ending: Ending): Promise<number> {
  const { jobId, params, receipt, signature, releases = [] } = ending;
  const key = (what: string) => ({ key: `${what}:${jobId}:${receipt.attempt}:${keccak256(signature)}` });
  const market = { address: deployment.jobMarket, abi: jobMarketAbi } as const;
  if (receipt.code !== 0) {
    const args = [jobId, params, receipt, signature] as const;
    const failed = await send({ ...market, functionName: "failJob", args }, key("fail"));
    return Number(failed.blockNumber);
  }
  // Behind the call, where the contract does not look and each owner does (5.4): of one input the receipt's hash says it all.
  const behind = releases.length > 1 ? { dataSuffix: concatHex(releases) } : {};
  const args = [settlementOf(ending)] as const;
  const settled = await send({ ...market, functionName: "settleJob", args, ...behind }, key("settle"));
  return Number(settled.blockNumber);
}

/** Settlements of one transaction: with the largest results they stay below the gas of one (EIP-7825), and its bytes below what nodes pass on. */
const maxBatch = 16;
const maxBatchBytes = 96 * 1024;
/** A receipt waits so long for others, where some are on their way already. */
const windowMs = 15;

type Waiting = { readonly ending: Ending; resolve(block: number): void; reject(error: unknown): void };

/**
 * Brings receipts one by one while they come one by one. While a transaction is on its way, those that come gather, and go
 * together after a small window (`settleMany`). The market turns back a whole batch for one that it does not take: then each
 * goes alone, so that none is stopped by another's fault.
 *
 * Failures, and results of several inputs (whose releases stand behind the call, alone), always go alone.
 */
export function createReceiptBringer(
  market: Market,
  log: Pick<WorkerContext["log"], "info">,
): { readonly bring: WorkerContext["bring"] } {
  let waiting: Waiting[] = [];
  let underWay = 0;

  const alone = async ({ ending, resolve, reject }: Waiting): Promise<void> => {
    underWay += 1;
    try {
      resolve(await bringReceipt(market, ending));
    } catch (error) {
      reject(error);
    } finally {
      underWay -= 1;
    }
  };
  const together = async (batch: readonly Waiting[]): Promise<void> => {
    const [first] = batch;
    if (first !== undefined && batch.length === 1) return alone(first);
    underWay += 1;
    let block: number;
    try {
      block = await settleMany(
        market,
        batch.map(({ ending }) => ending),
      );
    } catch {
      // Which one it was, each hears by itself; so does each where the chain was the matter.
      log.info({ receipts: batch.length }, "a batch of receipts was turned back; they go one by one");
      await Promise.all(batch.map(alone));
      return;
    } finally {
      underWay -= 1;
    }
    for (const { resolve } of batch) resolve(block);
  };
  const flush = (): void => {
    const due = waiting;
    waiting = [];
    for (const batch of batchesOf(due)) void together(batch);
  };

  return {
    bring(ending) {
      return new Promise((resolve, reject) => {
        const one = { ending, resolve, reject };
        const single = ending.receipt.code !== 0 || (ending.releases ?? []).length > 1;
        if (single || (underWay === 0 && waiting.length === 0)) {
          void alone(one);
          return;
        }
        if (waiting.push(one) === 1) setTimeout(flush, windowMs);
      });
    },
  };
}

async function settleMany({ send, deployment }: Market, endings: readonly Ending[]): Promise<number> {
  const args = [endings.map(settlementOf)] as const;
  const { blockNumber } = await send(
    { address: deployment.jobMarket, abi: jobMarketAbi, functionName: "settleMany", args },
    { key: `settle:${keccak256(concatHex(endings.map(({ signature }) => signature)))}` },
  );
  return Number(blockNumber);
}

function batchesOf(waiting: readonly Waiting[]): Waiting[][] {
  const batches: Waiting[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const one of waiting) {
    const length = bytesOf(one.ending);
    const last = batches.at(-1);
    if (last === undefined || last.length === maxBatch || bytes + length > maxBatchBytes) {
      batches.push([one]);
      bytes = length;
    } else {
      last.push(one);
      bytes += length;
    }
  }
  return batches;
}

/** Of its calldata, about: the ciphertext, 128 bytes an input, and what all have. */
const bytesOf = ({ ciphertext, params }: Ending): number => size(ciphertext) + 128 * params.order.inputs.length + 1_024;

const settlementOf = ({ jobId, params: { order, offer }, receipt, signature, ciphertext }: Ending) => ({
  jobId,
  order,
  offerHash: jobOfferHashOf(offer),
  receipt,
  signature,
  ciphertext,
});
