import { setTimeout as sleep } from "node:timers/promises";
import { defaultFinalityDepth } from "../chain/stream/followChain.ts";
import type { Context } from "../context.ts";
import type { Journal, JournalRow } from "./journal.ts";
import { hasEndedAt } from "./marketJob.ts";

const mostAtOnce = 64;

/** Nothing waits for it. */
const lookMs = 2_000;

type Chain = Pick<Context, "client" | "deployment" | "log"> & { readonly confirmations: number };

/**
 * Closes jobs whose settlement is deep enough in the chain, by asking the final block itself, until the signal. A reorganisation
 * that nobody told of is found here, and the receipt goes to the chain again.
 * @param onUndone a job wants work again
 */
export async function watchFinality(
  chain: Chain,
  journal: Pick<Journal, "settled" | "apply">,
  onUndone: () => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      if (await finalizeJobs(chain, journal)) onUndone();
    } catch (error) {
      chain.log.warn(
        { error: error instanceof Error ? error.name : "unknown" },
        "settled jobs could not be looked at; trying again",
      );
    }
    await sleep(lookMs, undefined, { signal }).catch(() => {});
  }
}

/** @returns whether a job wants work again */
async function finalizeJobs(chain: Chain, journal: Pick<Journal, "settled" | "apply">): Promise<boolean> {
  const head = Number(await chain.client.getBlockNumber());
  const final = head - Math.max(defaultFinalityDepth, chain.confirmations);
  if (final < 0) return false;
  let undone = false;
  const look = async ({ jobId, state }: JournalRow): Promise<void> => {
    if (state.status !== "settled") return;
    if (await hasEndedAt(chain, jobId, state, final)) {
      await journal.apply(jobId, { type: "finalized", block: final });
      return;
    }
    await journal.apply(jobId, { type: "settlementUndone" });
    chain.log.warn({ jobId }, "a reorganisation has taken the settlement; the receipt is brought again");
    undone = true;
  };
  for (;;) {
    const rows = await journal.settled(final, mostAtOnce);
    await Promise.all(rows.map(look));
    if (rows.length < mostAtOnce) return undone;
  }
}
