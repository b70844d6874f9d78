import { setTimeout as sleep } from "node:timers/promises";
import { type ChainBlock, type JobChainState, jobParamsHashOf } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { JobContext } from "./collectKeys.ts";

const maxWaitMs = 5_000;
const pollMs = 100;

type Claimed = Pick<JobContext, "chain" | "heads" | "jobId" | "params" | "attempt"> & {
  readonly identity: { readonly account: Pick<JobContext["identity"]["account"], "address"> };
};

/**
 * That this enclave has claimed exactly this job, at the newest block of every endpoint: one that is ahead could make it up, and a
 * failure signed for it would be paid for work that nobody asked for.
 * @param withinMs how long an endpoint may take to have the claim that another one shows
 * @throws PersonaError JOB_NOT_CLAIMED, JOB_CLAIMED_BY_OTHER, JOB_PARAMS_MISMATCH, JOB_DEADLINE_PASSED where no endpoint shows it
 * @throws PersonaError CHAIN_DISAGREES where some do, and the others do not within seconds: the host asks again
 */
export async function requireClaim(
  context: Claimed,
  { withinMs = maxWaitMs }: { readonly withinMs?: number } = {},
): Promise<JobChainState> {
  const { chain, heads, jobId } = context;
  const from = performance.now();
  for (;;) {
    const blocks = await heads();
    const jobs = await Promise.all(blocks.map(({ number }) => chain.job(jobId, number)));
    const objections = jobs.map((job, i) => objectionTo(job, blocks[i] ?? blocks[0], context));
    const [job] = jobs;
    if (job !== undefined && objections.every((objection) => objection === undefined)) return job;
    const [first] = objections;
    if (first !== undefined && !objections.includes(undefined)) throw first;
    if (performance.now() - from > withinMs)
      throw new PersonaError("CHAIN_DISAGREES", "Not every endpoint shows the claim.", {
        data: { jobId, heads: blocks.map(({ number }) => number).join(" ") },
      });
    await sleep(pollMs);
  }
}

function objectionTo(
  { status, attempt, signer, commitment, dueBy }: JobChainState,
  { timestamp }: Pick<ChainBlock, "timestamp">,
  wanted: Claimed,
): PersonaError | undefined {
  const data = { jobId: wanted.jobId };
  if (status !== "claimed" || attempt !== wanted.attempt)
    return new PersonaError("JOB_NOT_CLAIMED", "The chain says that this attempt is not claimed.", { data });
  if (signer !== wanted.identity.account.address)
    return new PersonaError("JOB_CLAIMED_BY_OTHER", "Another enclave has claimed this job.", { data });
  if (commitment !== jobParamsHashOf(wanted.params))
    return new PersonaError("JOB_PARAMS_MISMATCH", "These are not the job's parameters.", { data });
  if (timestamp > BigInt(dueBy))
    return new PersonaError("JOB_DEADLINE_PASSED", "The claim's time is over: nobody takes its receipt.", { data });
  return undefined;
}
