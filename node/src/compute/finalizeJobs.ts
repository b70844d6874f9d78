import type { Hex } from "viem";
import type { Context } from "../context.ts";
import type { Journal, JournalRow } from "./journal.ts";
import { hasEndedAt } from "./marketJob.ts";

/** Blocks after which a settlement is final here, whatever depth counts as confirmed: a daemon that looks on costs nothing. */
const finalDepth = 32;
const mostAtOnce = 64;

/**
 * Closes jobs whose settlement is deep enough in the chain, by asking the final block itself: a reorganisation that nobody told
 * of is found here, and the receipt goes to the chain again.
 * @param head the newest block that is known
 * @returns jobs that want work again
 */
export async function finalizeJobs(
  context: Pick<Context, "client" | "deployment" | "log"> & { readonly confirmations: number },
  journal: Pick<Journal, "settled" | "apply">,
  head: number,
): Promise<Hex[]> {
  const final = head - Math.max(finalDepth, context.confirmations);
  if (final < 0) return [];
  const rows = await journal.settled(final, mostAtOnce);
  const again: Hex[] = [];
  const look = async ({ jobId, state }: JournalRow): Promise<void> => {
    if (state.status !== "settled") return;
    if (await hasEndedAt(context, jobId, state, final)) {
      await journal.apply(jobId, { type: "finalized", block: final });
      return;
    }
    await journal.apply(jobId, { type: "settlementUndone" });
    context.log.warn({ jobId }, "a reorganisation has taken the settlement; the receipt is brought again");
    again.push(jobId);
  };
  await Promise.all(rows.map(look));
  return again;
}
