import { setTimeout as sleep } from "node:timers/promises";
import { encodeStruct, type JobParams, jobMarketAbi } from "@persona-protocol/sdk/contracts";
import type { Hex } from "viem";
import type { Context } from "../context.ts";
import type { Journal } from "./journal.ts";

/** Blocks asked for in one call: providers cap it. */
const maxRange = 2_000n;

/**
 * Reads the market's events into the journal, from where it stopped, until the signal; calls `onNews` after each block range
 * that held any. A chain that fails is asked again at the next turn: nothing is skipped, because the journal remembers how
 * far it has read.
 */
export async function watchJobs(
  { client, deployment, config, log }: Pick<Context, "client" | "deployment" | "config" | "log">,
  journal: Journal,
  onNews: () => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const confirmed = (await client.getBlockNumber()) - BigInt(config.confirmations);
      let from = journal.nextBlock() ?? deployment.fromBlock;
      while (from <= confirmed && !signal.aborted) {
        const to = from + maxRange - 1n < confirmed ? from + maxRange - 1n : confirmed;
        const logs = await client.getContractEvents({
          address: deployment.jobMarket,
          abi: jobMarketAbi,
          fromBlock: from,
          toBlock: to,
          strict: true,
        });
        for (const event of logs) {
          if (event.eventName === "JobSubmitted")
            journal.add(event.args.jobId, encodeStruct("JobParams", event.args.params as JobParams));
          if (event.eventName === "JobReopened") journal.apply(event.args.jobId as Hex, { type: "reopened" });
        }
        journal.setNextBlock(to + 1n);
        from = to + 1n;
        if (logs.length > 0) onNews();
      }
    } catch (error) {
      log.warn({ error: error instanceof Error ? error.name : "unknown" }, "the chain could not be read; trying again");
    }
    await sleep(config.pollMs, undefined, { signal }).catch(() => {});
  }
}
