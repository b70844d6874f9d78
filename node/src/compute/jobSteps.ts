/** The steps of a job, each safe to do again. `jobMachine` says which comes next; the journal is written before each. */
import { decode, encode } from "@ipld/dag-cbor";
import { failureName } from "@persona-protocol/sdk/compute";
import {
  callContract,
  decodeStruct,
  explainChainError,
  type JobParams,
  jobMarketAbi,
  jobOfferHashOf,
  jobOrderHashOf,
  type Receipt,
} from "@persona-protocol/sdk/contracts";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { bytesToHex, concatHex, type Hex, parseEventLogs, type TransactionReceipt } from "viem";
import { z } from "zod";
import type { NodeConfig } from "../config/nodeConfig.ts";
import type { Context } from "../context.ts";
import type { EnclaveProcess } from "../enclave/startEnclave.ts";
import type { Journal, JournalRow } from "./journal.ts";
import type { Wait } from "./workJobs.ts";

export type WorkerContext = Pick<Context, "client" | "deployment" | "operator" | "log"> & {
  readonly journal: Journal;
  readonly enclave: Pick<EnclaveProcess, "call">;
  readonly signer: Hex;
  /** The enclave key is of no use from then on, in Unix seconds. */
  readonly openUntil: number;
  readonly limits: Pick<NodeConfig, "minFee" | "claimMarginSeconds" | "pollMs">;
  /** Blocks: the market's RACE_UNIT. */
  readonly raceUnit: bigint;
};

type Claim = { readonly attempt: number; readonly signer: string };

/** Of the market's `JobStatus`: what is over comes after claimed. */
const jobStatus = { open: 1, claimed: 2 } as const;
const endings: Readonly<Record<number, string>> = { 3: "SETTLED", 4: "FAILED", 5: "JOB_TIMED_OUT", 6: "CANCELLED" };
/** After a deadline a receipt is still tried for so long: a reorganisation may turn the chain's time back. */
const graceSeconds = 60;
const runTimeoutMs = 10 * 60_000;
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const signedReceipt = z.object({
  receipt: bytes,
  signature: bytes,
  ciphertext: bytes,
  /** A row that an earlier build has written has none. */
  releases: z.array(bytes).max(64).default([]),
  failure: z.string().nullable(),
});

/** Does the job's next step. Resolves when there is nothing more to do for now: with a wait where time alone will change that. */
export async function advanceJob(context: WorkerContext, row: JournalRow): Promise<Wait | undefined> {
  switch (row.state.status) {
    case "seen":
    case "claiming":
      return claim(context, row);
    case "running":
      await run(context, row, row.state);
      return undefined;
    case "settling":
      await settle(context, row, row.state);
      return undefined;
    case "done":
    case "left":
      return undefined;
  }
}

async function claim(context: WorkerContext, row: JournalRow): Promise<Wait | undefined> {
  const { client, deployment, journal, signer, log } = context;
  const { jobId } = row;
  const { order, offer } = decodeStruct("JobParams", row.params);
  const leave = (why: string) => {
    journal.apply(jobId, { type: "claim" });
    journal.apply(jobId, { type: "claimLost", why });
    log.info({ jobId, why }, "job left to others");
    return undefined;
  };
  const claimed = (attempt: number) => {
    journal.apply(jobId, { type: "claim" });
    journal.apply(jobId, { type: "claimed", attempt, signer });
    log.info({ jobId, attempt }, "job claimed");
    return undefined;
  };
  // After a crash, or an answer that did not come, the claim may already be in the chain.
  const { job, now } = await readJob(context, jobId);
  if (job.status === jobStatus.claimed && job.signer === signer) return claimed(job.attempt);
  if (job.status >= jobStatus.claimed)
    return leave(job.status === jobStatus.claimed ? "JOB_CLAIMED_BY_OTHER" : "JOB_NOT_CLAIMABLE");
  if (now > offer.claimBy) return leave("JOB_NOT_CLAIMABLE");
  if (order.fee < BigInt(context.limits.minFee)) return leave("FEE_TOO_LOW");
  if (offer.runSeconds < context.limits.claimMarginSeconds) return leave("RUN_TIME_TOO_SHORT");
  const dueBy = now + offer.runSeconds;
  if (dueBy >= context.openUntil)
    throw new PersonaError("NODE_KEY_EXPIRED", "The job outlives the enclave's key: it waits for a fresh one.", {
      data: { dueBy, openUntil: context.openUntil },
    });
  const wait = await turnOf(context, jobId, offer.namedNode);
  if (wait !== undefined) {
    // A claim before the turn, if one was sent, has been refused.
    journal.apply(jobId, { type: "claimLater" });
    return wait;
  }

  journal.apply(jobId, { type: "claim" });
  let receipt: TransactionReceipt;
  try {
    receipt = await callContract(client, {
      address: deployment.jobMarket,
      abi: jobMarketAbi,
      functionName: "claimJob",
      args: [jobId, offer, jobOrderHashOf(order), signer],
    });
  } catch (error) {
    // Another node was first, or this node may not: both are everyday outcomes of an open market. Whatever else went wrong
    // says nothing about the job: the claim may be on its way.
    if (isNotYet(error)) {
      journal.apply(jobId, { type: "claimLater" });
      if (error.code === "CLAIM_TOO_EARLY") return { waitMs: context.limits.pollMs };
      throw error;
    }
    if (!isRefusal(error)) throw error;
    const after = await readJob(context, jobId);
    if (after.job.status === jobStatus.claimed && after.job.signer === signer) return claimed(after.job.attempt);
    return leave(error.code);
  }
  // From the transaction itself: an endpoint that lags behind would not say yet that the job is ours.
  const [event] = parseEventLogs({ abi: jobMarketAbi, eventName: "JobClaimed", logs: receipt.logs });
  if (event === undefined) throw new PersonaError("INTERNAL", "The market did not say what was claimed.");
  return claimed(event.args.attempt);
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
    const error = explainChainError(cause, "raceOf");
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

async function run(context: WorkerContext, row: JournalRow, state: Claim): Promise<void> {
  const { enclave, journal, signer, log } = context;
  const { jobId, params } = row;
  if (state.signer !== signer) {
    journal.apply(jobId, { type: "claimGone", why: "ENCLAVE_LOST" });
    log.warn({ jobId }, "the enclave that claimed this job is gone; it will time out");
    return;
  }
  let answer: z.infer<typeof signedReceipt>;
  try {
    answer = signedReceipt.parse(
      await enclave.call("run", { jobId, params, attempt: state.attempt }, { timeoutMs: runTimeoutMs }),
    );
  } catch (error) {
    // Timed out, or another's: there is nothing to finish. An enclave that failed or hung is asked again.
    const why = await endOfClaim(context, row, state);
    if (why === undefined) throw error;
    journal.apply(jobId, { type: "claimGone", why });
    log.warn({ jobId, why }, "the claim is gone");
    return;
  }
  journal.apply(jobId, { type: "receiptSigned" }, encode(answer));
  log.info({ jobId, failure: answer.failure }, "receipt signed");
}

async function settle(context: WorkerContext, row: JournalRow, state: Claim): Promise<void> {
  const { journal, log } = context;
  const { jobId } = row;
  if (row.receipt === undefined)
    throw new PersonaError("INTERNAL", "A job to settle has no receipt.", { data: { jobId } });
  const signed = signedReceipt.parse(decode(row.receipt));
  const receipt = decodeStruct("Receipt", signed.receipt);
  const outcome = receipt.code === 0 ? "SETTLED" : (failureName(receipt.code) ?? String(receipt.code));
  try {
    await bringReceipt(context, {
      jobId,
      params: decodeStruct("JobParams", row.params),
      receipt,
      signature: bytesToHex(signed.signature),
      ciphertext: bytesToHex(signed.ciphertext),
      releases: signed.releases.map((hash) => bytesToHex(hash)),
    });
  } catch (error) {
    // Whatever went wrong, the chain has the last word: while it holds the claim for ours, the receipt is worth its fee.
    const why = await endOfClaim(context, row, state);
    if (why === undefined) throw error;
    const known = await isRecorded(context, row, state, receipt);
    journal.apply(jobId, { type: "settled", outcome: known ? outcome : why });
    if (known) log.info({ jobId, outcome }, "job settled");
    else
      log.error({ jobId, why, code: isPersonaError(error) ? error.code : "INTERNAL" }, "the receipt came to nothing");
    return;
  }
  journal.apply(jobId, { type: "settled", outcome });
  log.info({ jobId, outcome }, "job settled");
}

/** A result by one function of the market, a failure by another. */
export async function bringReceipt(
  { client, deployment }: Pick<WorkerContext, "client" | "deployment">,
  ending: {
    readonly jobId: Hex;
    readonly params: JobParams;
    readonly receipt: Receipt;
    readonly signature: Hex;
    readonly ciphertext: Hex;
    /** The hashes that the receipt's `releasesHash` is over. */
    readonly releases?: readonly Hex[];
  },
): Promise<void> {
  const { jobId, params, receipt, signature, ciphertext, releases = [] } = ending;
  const market = { address: deployment.jobMarket, abi: jobMarketAbi } as const;
  if (receipt.code === 0) {
    const { order, offer } = params;
    const settlement = { jobId, order, offerHash: jobOfferHashOf(offer), receipt, signature, ciphertext };
    // Behind the call, where the contract does not look and each owner does (5.4): of one input the receipt's hash says it all.
    const behind = releases.length > 1 ? { dataSuffix: concatHex(releases) } : {};
    await callContract(client, { ...market, functionName: "settleJob", args: [settlement], ...behind });
  } else {
    await callContract(client, { ...market, functionName: "failJob", args: [jobId, params, receipt, signature] });
  }
}

/**
 * Why nothing can be owed to this claim any more; undefined while the chain may still take its receipt. A job that is open at
 * our attempt counts as ours: the endpoint lags behind, or a reorganisation has taken the claim and may bring it back.
 */
async function endOfClaim(context: WorkerContext, row: JournalRow, claim: Claim): Promise<string | undefined> {
  const { job, now } = await readJob(context, row.jobId);
  if (job.status > jobStatus.claimed) return endings[job.status] ?? String(job.status);
  if (job.attempt > claim.attempt) return "REOPENED";
  if (job.status === jobStatus.claimed && job.signer !== claim.signer) return "JOB_CLAIMED_BY_OTHER";
  const { claimBy, runSeconds } = decodeStruct("JobParams", row.params).offer;
  const dueBy = job.status === jobStatus.open ? claimBy + runSeconds : job.dueBy;
  return now > dueBy + graceSeconds ? "JOB_DEADLINE_PASSED" : undefined;
}

/** The job, and the chain's own time in Unix seconds. */
async function readJob({ client, deployment }: WorkerContext, jobId: Hex) {
  const [job, { timestamp }] = await Promise.all([
    client.readContract({ address: deployment.jobMarket, abi: jobMarketAbi, functionName: "jobOf", args: [jobId] }),
    client.getBlock(),
  ]);
  return { job, now: Number(timestamp) };
}

/** Was it this receipt that ended the job, or the attempt? Silence ends both, too. */
async function isRecorded(
  { client, deployment }: WorkerContext,
  { jobId }: JournalRow,
  claim: Claim,
  receipt: Receipt,
): Promise<boolean> {
  const market = { address: deployment.jobMarket, abi: jobMarketAbi } as const;
  const job = await client.readContract({ ...market, functionName: "jobOf", args: [jobId] });
  if (job.attempt === claim.attempt + 1) {
    const at = BigInt(job.raceBlock);
    const [event] = await client.getContractEvents({
      ...market,
      eventName: "JobReopened",
      args: { jobId },
      fromBlock: at,
      toBlock: at,
      strict: true,
    });
    return event !== undefined && event.args.code === receipt.code && receipt.code !== 0;
  }
  const [recorded, ours] = await Promise.all([
    client.readContract({ ...market, functionName: "receiptOf", args: [jobId] }),
    client.readContract({ ...market, functionName: "receiptDigest", args: [receipt] }),
  ]);
  return recorded === ours;
}
