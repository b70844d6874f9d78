import type { Logger } from "pino";
import type { Hex } from "viem";
import type { ChainBatch, ChainEvent, JobNewsName } from "../chain/stream/chainEvent.ts";
import type { Journal } from "./journal.ts";

type News = Extract<ChainEvent, { type: "job" }>;

/** What a job cannot be claimed after, unless it is reopened. */
const ends: Readonly<Partial<Record<JobNewsName, string>>> = {
  claimed: "JOB_CLAIMED_BY_OTHER",
  settled: "SETTLED",
  failed: "FAILED",
  timedOut: "JOB_TIMED_OUT",
  cancelled: "CANCELLED",
};

/**
 * Takes what the chain says into the journal, and last of all how far it was told: the same batch may come again after a crash,
 * and then changes nothing more.
 * @returns whether there is something to do
 */
export async function takeNews(
  journal: Pick<Journal, "add" | "get" | "apply" | "waiting" | "reorganised" | "setPoint" | "nodeId">,
  { events, point }: ChainBatch,
  { maxQueue, log }: { readonly maxQueue: number; readonly log: Pick<Logger, "warn"> },
): Promise<boolean> {
  let news = false;
  let [room, refused] = [maxQueue - (await journal.waiting()), 0];
  const over = endedAfter(events);
  const ourNode = await journal.nodeId();
  const submitted = async (jobId: Hex, params: Uint8Array, block: number): Promise<void> => {
    if (room <= 0 && (await journal.get(jobId)) === undefined) {
      refused += 1;
      return;
    }
    // A job that was posted again, after a reorganisation took it, is one that we have left.
    if (await journal.add(jobId, params)) room -= 1;
    else await journal.apply(jobId, { type: "reopened", block });
    news = true;
  };
  for (const event of events) {
    if (event.type === "reorg") {
      const changed = await journal.reorganised(Number(event.fromBlock));
      news = true;
      if (changed.length > 0)
        log.warn({ jobs: changed.length }, "jobs rest on blocks that are gone; the chain is asked again");
    }
    if (event.type !== "job") continue;
    const { jobId, news: said } = event;
    const block = Number(event.block.number);
    if (said.name === "submitted") {
      // History, in a catch-up: nobody can claim it any more.
      if (!over.has(jobId)) await submitted(jobId, said.params, block);
    } else if (said.name === "reopened") {
      news = (await journal.apply(jobId, { type: "reopened", block })) !== undefined || news;
    } else if ("nodeId" in said && said.nodeId === ourNode) {
      // A reorganisation may have taken it, and brought it back: what we had begun again is for its step to see, not to leave.
      news = true;
    } else {
      // A job that nobody here has begun need not be looked at any more.
      await journal.apply(jobId, { type: "declined", why: ends[said.name] ?? "JOB_NOT_CLAIMABLE", block });
    }
  }
  if (refused > 0) log.warn({ jobs: refused, maxQueue }, "jobs are left to others: too many wait already");
  await journal.setPoint(point);
  return news;
}

/** Jobs of which the batch says after all else that they are over. */
function endedAfter(events: readonly ChainEvent[]): ReadonlySet<Hex> {
  const over = new Set<Hex>();
  for (const event of events) {
    if (event.type === "reorg") over.clear();
    if (event.type !== "job") continue;
    const { name } = (event as News).news;
    if (name === "reopened" || name === "submitted") over.delete(event.jobId);
    else if (name !== "claimed") over.add(event.jobId);
  }
  return over;
}
