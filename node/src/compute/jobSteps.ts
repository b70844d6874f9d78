/** The steps of a job, each safe to do again. `jobMachine` says which comes next; the journal is written before each. */
import { decode, encode } from "@ipld/dag-cbor";
import { failureName } from "@persona-protocol/sdk/compute";
import { callContract, decodeStruct, jobMarketAbi, type Receipt } from "@persona-protocol/sdk/contracts";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { bytesToHex, type Hex, parseEventLogs, type TransactionReceipt } from "viem";
import { z } from "zod";
import type { NodeConfig } from "../config.ts";
import type { Context } from "../context.ts";
import type { EnclaveProcess } from "../enclave/startEnclave.ts";
import type { Journal, JournalRow } from "./journal.ts";

export type WorkerContext = Pick<Context, "client" | "deployment" | "operator" | "log"> & {
  readonly journal: Journal;
  readonly enclave: Pick<EnclaveProcess, "call">;
  readonly signer: Hex;
  /** The enclave key is of no use from then on, in Unix seconds. */
  readonly openUntil: number;
  readonly limits: Pick<NodeConfig, "minFee" | "claimMarginSeconds">;
};

type Claim = { readonly attempt: number; readonly signer: string };

/** Of the market's `JobStatus`: open is 1, what is over comes after claimed. */
const jobStatus = { claimed: 2 } as const;
const endings: Readonly<Record<number, string>> = { 3: "SETTLED", 4: "FAILED", 5: "JOB_TIMED_OUT", 6: "CANCELLED" };
/** After a deadline a receipt is still tried for so long: a reorganisation may turn the chain's time back. */
const graceSeconds = 60;
const runTimeoutMs = 10 * 60_000;
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const signedReceipt = z.object({ receipt: bytes, signature: bytes, ciphertext: bytes, failure: z.string().nullable() });

/** Does the job's next step. Resolves when there is nothing more to do for now. */
export async function advanceJob(context: WorkerContext, row: JournalRow): Promise<void> {
  switch (row.state.status) {
    case "seen":
    case "claiming":
      return claim(context, row);
    case "running":
      return run(context, row, row.state);
    case "settling":
      return settle(context, row, row.state);
    case "done":
    case "left":
      return;
  }
}

async function claim(context: WorkerContext, row: JournalRow): Promise<void> {
  const { client, deployment, journal, signer, log } = context;
  const { jobId } = row;
  const params = decodeStruct("JobParams", row.params);
  const leave = (why: string) => {
    journal.apply(jobId, { type: "claim" });
    journal.apply(jobId, { type: "claimLost", why });
    log.info({ jobId, why }, "job left to others");
  };
  const claimed = (attempt: number) => {
    journal.apply(jobId, { type: "claim" });
    journal.apply(jobId, { type: "claimed", attempt, signer });
    log.info({ jobId, attempt }, "job claimed");
  };
  // After a crash, or an answer that did not come, the claim may already be in the chain.
  const { job, now } = await readJob(context, jobId);
  if (job.status === jobStatus.claimed && job.signer === signer) return claimed(job.attempt);
  if (job.status >= jobStatus.claimed)
    return leave(job.status === jobStatus.claimed ? "JOB_CLAIMED_BY_OTHER" : "JOB_NOT_CLAIMABLE");
  if (now > params.claimBy) return leave("JOB_NOT_CLAIMABLE");
  if (params.fee < BigInt(context.limits.minFee)) return leave("FEE_TOO_LOW");
  if (params.deadline - now < context.limits.claimMarginSeconds) return leave("JOB_DEADLINE_PASSED");
  if (params.deadline >= context.openUntil)
    throw new PersonaError("NODE_KEY_EXPIRED", "The job outlives the enclave's key: it waits for a fresh one.", {
      data: { deadline: params.deadline, openUntil: context.openUntil },
    });

  journal.apply(jobId, { type: "claim" });
  let receipt: TransactionReceipt;
  try {
    receipt = await callContract(client, {
      address: deployment.jobMarket,
      abi: jobMarketAbi,
      functionName: "claimJob",
      args: [params, signer],
    });
  } catch (error) {
    // Another node was first, or this node may not: both are everyday outcomes of an open market. Whatever else went wrong
    // says nothing about the job: the claim may be on its way.
    if (!isRefusal(error)) throw error;
    const after = await readJob(context, jobId);
    if (after.job.status === jobStatus.claimed && after.job.signer === signer) return claimed(after.job.attempt);
    return leave(error.code);
  }
  // From the transaction itself: an endpoint that lags behind would not say yet that the job is ours.
  const [event] = parseEventLogs({ abi: jobMarketAbi, eventName: "JobClaimed", logs: receipt.logs });
  if (event === undefined) throw new PersonaError("INTERNAL", "The market did not say what was claimed.");
  claimed(event.args.attempt);
}

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
      await enclave.call("run", { params, attempt: state.attempt }, { timeoutMs: runTimeoutMs }),
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
  const { client, deployment, journal, log } = context;
  const { jobId } = row;
  if (row.receipt === undefined)
    throw new PersonaError("INTERNAL", "A job to settle has no receipt.", { data: { jobId } });
  const { receipt: encoded, signature, ciphertext } = signedReceipt.parse(decode(row.receipt));
  const receipt = decodeStruct("Receipt", encoded);
  const outcome = receipt.code === 0 ? "SETTLED" : (failureName(receipt.code) ?? String(receipt.code));
  try {
    await callContract(client, {
      address: deployment.jobMarket,
      abi: jobMarketAbi,
      functionName: "settleJob",
      args: [decodeStruct("JobParams", row.params), receipt, bytesToHex(signature), bytesToHex(ciphertext)],
    });
  } catch (error) {
    // Whatever went wrong, the chain has the last word: while it holds the claim for ours, the receipt is worth its fee.
    const why = await endOfClaim(context, row, state);
    if (why === undefined) throw error;
    const known = why === "REOPENED" || (await isRecorded(context, jobId, receipt));
    journal.apply(jobId, { type: "settled", outcome: known ? outcome : why });
    if (known) log.info({ jobId, outcome }, "job settled");
    else
      log.error({ jobId, why, code: isPersonaError(error) ? error.code : "INTERNAL" }, "the receipt came to nothing");
    return;
  }
  journal.apply(jobId, { type: "settled", outcome });
  log.info({ jobId, outcome }, "job settled");
}

/**
 * Why nothing can be owed to this claim any more; undefined while the chain may still take its receipt. A job that is open at
 * our attempt counts as ours: the endpoint lags behind, or a reorganisation has taken the claim and may bring it back.
 */
async function endOfClaim(context: WorkerContext, row: JournalRow, claim: Claim): Promise<string | undefined> {
  const { job, now } = await readJob(context, row.jobId);
  if (job.status > jobStatus.claimed) return endings[job.status] ?? String(job.status);
  // Only a receipt of this claim's key opens the next attempt.
  if (job.attempt > claim.attempt) return "REOPENED";
  if (job.status === jobStatus.claimed && job.signer !== claim.signer) return "JOB_CLAIMED_BY_OTHER";
  return now > decodeStruct("JobParams", row.params).deadline + graceSeconds ? "JOB_DEADLINE_PASSED" : undefined;
}

/** The job, and the chain's own time in Unix seconds. */
async function readJob({ client, deployment }: WorkerContext, jobId: Hex) {
  const [job, { timestamp }] = await Promise.all([
    client.readContract({ address: deployment.jobMarket, abi: jobMarketAbi, functionName: "jobOf", args: [jobId] }),
    client.getBlock(),
  ]);
  return { job, now: Number(timestamp) };
}

async function isRecorded({ client, deployment }: WorkerContext, jobId: Hex, receipt: Receipt): Promise<boolean> {
  const market = { address: deployment.jobMarket, abi: jobMarketAbi } as const;
  const [recorded, ours] = await Promise.all([
    client.readContract({ ...market, functionName: "receiptOf", args: [jobId] }),
    client.readContract({ ...market, functionName: "receiptDigest", args: [receipt] }),
  ]);
  return recorded === ours;
}
