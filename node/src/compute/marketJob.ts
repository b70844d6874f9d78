/** What the market says of a job, and what that means for a claim of ours. */
import { decodeStruct, jobMarketAbi } from "@persona-protocol/sdk/contracts";
import type { Hex } from "viem";
import type { Context } from "../context.ts";
import type { JournalRow } from "./journal.ts";

export type Claim = { readonly attempt: number; readonly signer: string; readonly block: number };

/**
 * - stands: the chain may still take its receipt.
 * - undone: a block not older than the claim shows the job open at our attempt: a reorganisation has taken the claim.
 * - over: nothing can be owed to it any more.
 */
export type ClaimFate =
  | { readonly fate: "stands" }
  | { readonly fate: "undone" }
  | { readonly fate: "over"; readonly why: string; readonly block: number };

type Chain = Pick<Context, "client" | "deployment">;

/** Of the market's `JobStatus`: what is over comes after claimed. */
export const jobStatus = { none: 0, open: 1, claimed: 2 } as const;
const endings: Readonly<Record<number, string>> = { 3: "SETTLED", 4: "FAILED", 5: "JOB_TIMED_OUT", 6: "CANCELLED" };
/** After a deadline a receipt is still tried for so long: a reorganisation may turn the chain's time back. */
const graceSeconds = 60;

export const endingOf = (status: number): string => endings[status] ?? String(status);

/** The job, and the chain's own time in Unix seconds. */
export async function readJob({ client, deployment }: Chain, jobId: Hex) {
  const [job, { timestamp, number }] = await Promise.all([
    client.readContract({ address: deployment.jobMarket, abi: jobMarketAbi, functionName: "jobOf", args: [jobId] }),
    client.getBlock(),
  ]);
  return { job, now: Number(timestamp), block: Number(number) };
}

export async function fateOfClaim(chain: Chain, row: JournalRow, claim: Claim): Promise<ClaimFate> {
  const { job, now, block } = await readJob(chain, row.jobId);
  const over = (why: string) => ({ fate: "over", why, block }) as const;
  if (job.status > jobStatus.claimed) return over(endingOf(job.status));
  if (job.attempt > claim.attempt) return over("REOPENED");
  if (job.status === jobStatus.claimed && job.signer !== claim.signer) return over("JOB_CLAIMED_BY_OTHER");
  const { claimBy, runSeconds } = decodeStruct("JobParams", row.params).offer;
  const dueBy = job.status === jobStatus.claimed ? job.dueBy : claimBy + runSeconds;
  if (now > dueBy + graceSeconds) return over("JOB_DEADLINE_PASSED");
  if (job.status === jobStatus.claimed || block < claim.block) return { fate: "stands" };
  // An endpoint whose machines are not all equally far may have answered from two: asked for this block, it must have it.
  const at = await jobAt(chain, row.jobId, block);
  return { fate: at.status === jobStatus.open && at.attempt === claim.attempt ? "undone" : "stands" };
}

/** Does the block show that the claim's attempt has ended, by whomever? */
export async function hasEndedAt(chain: Chain, jobId: Hex, claim: Claim, block: number): Promise<boolean> {
  const job = await jobAt(chain, jobId, block);
  return job.status > jobStatus.claimed || job.attempt > claim.attempt;
}

/** The job as of a block that the endpoint must have. */
const jobAt = ({ client, deployment }: Chain, jobId: Hex, block: number) =>
  client.readContract({
    address: deployment.jobMarket,
    abi: jobMarketAbi,
    functionName: "jobOf",
    args: [jobId],
    blockNumber: BigInt(block),
  });
