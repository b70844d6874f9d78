import {
  decodeStruct,
  explainChainError,
  type JobParams,
  jobMarketAbi,
  jobOrderHashOf,
  type Receipt,
} from "@persona-protocol/sdk/contracts";
import { type ErrorCode, isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { type Hex, parseEventLogs, type TransactionReceipt } from "viem";
import type { WorkerContext } from "./jobSteps.ts";
import type { JournalRow } from "./journal.ts";
import { endingOf, jobStatus, readJob } from "./marketJob.ts";
import { isRecorded } from "./settleStep.ts";
import { decodeSignedAnswer } from "./signedAnswer.ts";
import type { Wait } from "./workJobs.ts";

/** Looks whether the job is ours, or can be, and claims it. */
export async function claim(context: WorkerContext, row: JournalRow): Promise<Wait | undefined> {
  const { deployment, journal, signer, log, limits } = context;
  const { jobId } = row;
  const params = readParams(row);
  if (params === undefined) {
    // The market takes no job whose parameters it cannot read: whoever told us of it lied.
    await journal.apply(jobId, { type: "declined", why: "JOB_PARAMS_MISMATCH", block: 0 });
    log.warn({ jobId }, "a job's parameters cannot be read; it is left alone");
    return undefined;
  }
  const { order, offer } = params;
  // After a crash, or an answer that did not come, the claim may already be in the chain.
  const { job, now, block } = await readJob(context, jobId);
  const leave = async (why: string, at = block) => {
    await journal.apply(jobId, { type: "claim" });
    await journal.apply(jobId, { type: "claimLost", why, block: at });
    log.info({ jobId, why }, "job left to others");
    return undefined;
  };
  const claimed = async (attempt: number, by: string, at: number) => {
    await journal.apply(jobId, { type: "claim" });
    await journal.apply(jobId, { type: "claimed", attempt, signer: by, block: at });
    log.info({ jobId, attempt }, "job claimed");
    return undefined;
  };
  if (job.status === jobStatus.claimed) {
    // A receipt of an enclave that is gone settles its claim, too.
    const ours = job.signer === signer || job.signer === row.receipt?.signer;
    return ours ? claimed(job.attempt, job.signer, block) : leave("JOB_CLAIMED_BY_OTHER");
  }
  if (job.status > jobStatus.claimed) {
    // A reorganisation took our claim, and blocks that followed brought it back with our receipt.
    const signed = row.receipt === undefined ? undefined : receiptIn(row.receipt.bytes);
    const before = { attempt: signed?.attempt ?? 0, signer: row.receipt?.signer ?? "", block };
    const isOurs = signed !== undefined && (await isRecorded(context, row, before, signed));
    return isOurs ? claimed(before.attempt, before.signer, block) : leave(endingOf(job.status));
  }
  if (now > offer.claimBy) return leave("JOB_NOT_CLAIMABLE");
  // This enclave has signed for another attempt, and signs once: a claim of this one would only cost its bond.
  if (row.receipt?.signer === signer && receiptIn(row.receipt.bytes).attempt !== job.attempt)
    return leave("JOB_RUN_BEFORE");
  // Its event has been read, and the endpoint does not know it: it lags, or the block is gone.
  if (job.status === jobStatus.none) return { waitMs: limits.pollMs };
  if (row.state.status === "seen") {
    const why = order.fee < BigInt(limits.minFee) ? "FEE_TOO_LOW" : context.declines(offer);
    if (why !== undefined) {
      await journal.apply(jobId, { type: "declined", why, block });
      log.info({ jobId, why }, "job declined");
      return undefined;
    }
  }
  const dueBy = now + offer.runSeconds;
  if (dueBy >= context.openUntil)
    throw new PersonaError("NODE_KEY_EXPIRED", "The job outlives the enclave's key: it waits for a fresh one.", {
      data: { dueBy, openUntil: context.openUntil },
    });
  const wait = await turnOf(context, jobId, offer.namedNode);
  if (wait !== undefined) {
    // A claim before the turn, if one was sent, has been refused.
    await journal.apply(jobId, { type: "claimLater" });
    return wait;
  }

  await journal.apply(jobId, { type: "claim" });
  let receipt: TransactionReceipt;
  try {
    receipt = await context.send(
      {
        address: deployment.jobMarket,
        abi: jobMarketAbi,
        functionName: "claimJob",
        args: [jobId, offer, jobOrderHashOf(order), signer],
      },
      { key: `claim:${jobId}:${job.attempt}:${signer}` },
    );
  } catch (error) {
    // Another node was first, or this node may not: both are everyday outcomes of an open market. Whatever else went wrong
    // says nothing about the job: the claim may be on its way.
    if (isNotYet(error) || isAboutUs(error)) {
      await journal.apply(jobId, { type: "claimLater" });
      if (isPersonaError(error, "CLAIM_TOO_EARLY")) return { waitMs: limits.pollMs };
      throw error;
    }
    if (!isRefusal(error)) throw error;
    const after = await readJob(context, jobId);
    if (after.job.status === jobStatus.claimed && after.job.signer === signer)
      return claimed(after.job.attempt, signer, after.block);
    return leave(error.code, after.block);
  }
  // From the transaction itself: an endpoint that lags behind would not say yet that the job is ours.
  const [event] = parseEventLogs({ abi: jobMarketAbi, eventName: "JobClaimed", logs: receipt.logs });
  if (event === undefined) throw new PersonaError("INTERNAL", "The market did not say what was claimed.");
  return claimed(event.args.attempt, signer, Number(receipt.blockNumber));
}

function readParams({ params }: JournalRow): JobParams | undefined {
  try {
    return decodeStruct("JobParams", params);
  } catch {
    return undefined;
  }
}

/**
 * How long this node must wait for its turn in the race for an open job; undefined when its turn has come. Looking again after
 * half the blocks that are left needs few looks, and sleeps through no turn.
 */
async function turnOf(
  { client, deployment, raceUnit, signer, limits }: WorkerContext,
  jobId: Hex,
  namedNode: number,
): Promise<Wait | undefined> {
  if (raceUnit === 0n || namedNode !== 0) return undefined;
  const block = await client.getBlockNumber();
  const market = { address: deployment.jobMarket, abi: jobMarketAbi } as const;
  let opensAt: bigint;
  try {
    const args = [jobId, signer] as const;
    [opensAt] = await client.readContract({ ...market, functionName: "raceOf", args, blockNumber: block });
  } catch (cause) {
    const error = await explainChainError(cause, "raceOf");
    // The race has not begun (its seed is the hash of a block to come), or is over just now: the next look tells.
    if (isPersonaError(error, "CLAIM_TOO_EARLY") || isPersonaError(error, "JOB_NOT_CLAIMABLE"))
      return { waitMs: limits.pollMs };
    throw error;
  }
  // What is sent now comes into the next block at the earliest.
  const blocksLeft = Number(opensAt - block) - 1;
  return blocksLeft > 0 ? { waitMs: limits.pollMs * Math.ceil(blocksLeft / 2) } : undefined;
}

/** Refused by the contract, and for a while only. */
const isNotYet = (error: unknown): error is PersonaError =>
  isPersonaError(error) &&
  (error.code === "CLAIM_TOO_EARLY" || error.code === "CLAIM_BOND_MISSING" || error.code === "CLAIMS_PAUSED");

/** Did the contract itself say no? */
const isRefusal = (error: unknown): error is PersonaError =>
  isPersonaError(error) &&
  error.retry === "never" &&
  (error.data["error"] !== undefined || error.code === "JOB_NOT_CLAIMABLE");

/** What is wrong with a job for good, or with this node for this job. */
const aboutTheJob: readonly ErrorCode[] = ["JOB_NOT_CLAIMABLE", "NODE_POLICY_MISMATCH", "JOB_PARAMS_MISMATCH"];

/**
 * A refusal that says nothing of the job, such as of a key whose registration a reorganisation has taken: when that is over the job
 * may be had.
 */
export const isAboutUs = (error: unknown): error is PersonaError =>
  isRefusal(error) && !aboutTheJob.includes(error.code);

const receiptIn = (bytes: Uint8Array): Receipt => decodeStruct("Receipt", decodeSignedAnswer(bytes).receipt);
