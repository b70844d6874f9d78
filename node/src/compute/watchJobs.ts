import { setTimeout as sleep } from "node:timers/promises";
import { encodeStruct, type JobParams, jobMarketAbi } from "@persona-protocol/sdk/contracts";
import type { Hex } from "viem";
import type { Context } from "../context.ts";
import type { Journal } from "./journal.ts";

/** Blocks asked for in one call, at most: providers cap it, and the range is halved when one refuses. */
const maxRange = 2_000n;
/** Blocks that are read again when the chain has grown: a provider's nodes are not all equally far, and blocks are replaced. */
const overlap = 12n;

/**
 * Reads the market's events into the journal, from where it stopped, until the signal; calls `onNews` after each block range
 * that held any it had not seen. A chain that fails is asked again at the next turn: nothing is skipped, because the journal
 * remembers how far it has read, and that is never further than a block that the provider shows.
 */
export async function watchJobs(
  { client, deployment, config, log }: Pick<Context, "client" | "deployment" | "config" | "log">,
  journal: Pick<Journal, "add" | "apply" | "counts" | "settled" | "nextBlock" | "setNextBlock">,
  onNews: () => void,
  signal: AbortSignal,
): Promise<void> {
  /** Events of the overlap, by block and place: a job that was left is not begun again by hearing the same news twice. */
  const seen = new Map<string, bigint>();
  let range = maxRange;
  const read = async (from: bigint, to: bigint): Promise<void> => {
    const [logs] = await Promise.all([
      client.getContractEvents({
        address: deployment.jobMarket,
        abi: jobMarketAbi,
        fromBlock: from,
        toBlock: to,
        strict: true,
      }),
      // A node that has not come so far answers with no events: it must show the block.
      client.getBlock({ blockNumber: to }),
    ]);
    let news = false;
    for (const event of logs) {
      const name = `${event.blockHash}:${event.logIndex}`;
      if (seen.has(name)) continue;
      seen.set(name, event.blockNumber);
      news = true;
      const block = Number(event.blockNumber);
      if (event.eventName === "JobSubmitted") await submitted(event.args.jobId, event.args.params as JobParams, block);
      if (event.eventName === "JobReopened") await journal.apply(event.args.jobId as Hex, { type: "reopened", block });
    }
    for (const [name, block] of seen) if (block + 2n * overlap < to) seen.delete(name);
    if (news) onNews();
  };
  const submitted = async (jobId: Hex, params: JobParams, block: number): Promise<void> => {
    // A job that was posted again, after a reorganisation took it, is one that we have left.
    if (!(await journal.add(jobId, encodeStruct("JobParams", params))))
      await journal.apply(jobId, { type: "reopened", block });
    else if ((await journal.counts()).seen > config.maxQueue) {
      await journal.apply(jobId, { type: "declined", why: "QUEUE_FULL", block });
      log.warn({ jobId, maxQueue: config.maxQueue }, "job declined: too many wait already");
    }
  };
  /** @returns whether there is more to read at once */
  const turn = async (): Promise<boolean> => {
    const confirmed = (await client.getBlockNumber()) - BigInt(config.confirmations);
    const next = (await journal.nextBlock()) ?? deployment.fromBlock;
    const back = (block: bigint) => max(block - overlap, deployment.fromBlock);
    if (next > confirmed + 1n) {
      // The chain is shorter than it was: what comes now is read, even where something else was read before.
      const earlier = back(confirmed + 1n);
      if (earlier < next) await journal.setNextBlock(earlier);
      return false;
    }
    if (next > confirmed) return false;
    const to = min(next + range - 1n, confirmed);
    try {
      await read(max(back(next), to - range + 1n), to);
    } catch (error) {
      range = max(range / 2n, 1n);
      throw error;
    }
    range = min(range * 2n, maxRange);
    await journal.setNextBlock(to + 1n);
    return to < confirmed;
  };

  while (!signal.aborted) {
    try {
      if (await turn()) continue;
    } catch (error) {
      log.warn({ error: error instanceof Error ? error.name : "unknown" }, "the chain could not be read; trying again");
    }
    await sleep(config.pollMs, undefined, { signal }).catch(() => {});
  }
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
