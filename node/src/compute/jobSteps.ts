/** The steps of a job, each safe to do again. `jobMachine` says which comes next; the journal is written before each. */
import { decode, encode } from "@ipld/dag-cbor";
import { failureName } from "@persona-protocol/sdk/compute";
import { callContract, decodeStruct, jobMarketAbi, type Receipt } from "@persona-protocol/sdk/contracts";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { bytesToHex, type Hex } from "viem";
import { z } from "zod";
import type { Context } from "../context.ts";
import type { EnclaveProcess } from "../enclave/startEnclave.ts";
import type { Journal, JournalRow } from "./journal.ts";

export type WorkerContext = Pick<Context, "client" | "deployment" | "operator" | "log"> & {
  readonly journal: Journal;
  readonly enclave: Pick<EnclaveProcess, "call">;
  readonly signer: Hex;
};

const claimedStatus = 2;
const runTimeoutMs = 10 * 60_000;
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const signedReceipt = z.object({ receipt: bytes, signature: bytes, ciphertext: bytes, failure: z.string().nullable() });

/** Does the job's next step. Resolves when there is nothing more to do for now. */
export async function advanceJob(context: WorkerContext, row: JournalRow): Promise<void> {
  switch (row.state.status) {
    case "seen":
      context.journal.apply(row.jobId, { type: "claim" });
      return claim(context, row);
    case "claiming":
      return claim(context, row);
    case "running":
      return run(context, row, row.state);
    case "settling":
      return settle(context, row);
    case "done":
    case "left":
      return;
  }
}

async function claim(context: WorkerContext, row: JournalRow): Promise<void> {
  const { client, deployment, journal, signer, log } = context;
  const { jobId } = row;
  const market = { address: deployment.jobMarket, abi: jobMarketAbi } as const;
  // After a crash the claim may already be in the chain.
  let job = await client.readContract({ ...market, functionName: "jobOf", args: [jobId] });
  if (job.status !== claimedStatus) {
    try {
      await callContract(client, {
        ...market,
        functionName: "claimJob",
        args: [decodeStruct("JobParams", row.params), signer],
      });
    } catch (error) {
      if (!isPersonaError(error) || error.retry === "later") throw error;
      // Another node was first, or this node may not: both are everyday outcomes of an open market.
      journal.apply(jobId, { type: "claimLost", why: error.code });
      log.info({ jobId, why: error.code }, "job left to others");
      return;
    }
    job = await client.readContract({ ...market, functionName: "jobOf", args: [jobId] });
  }
  if (job.signer !== signer) {
    journal.apply(jobId, { type: "claimLost", why: "JOB_CLAIMED_BY_OTHER" });
    return;
  }
  journal.apply(jobId, { type: "claimed", attempt: job.attempt, signer });
  log.info({ jobId, attempt: job.attempt }, "job claimed");
}

async function run(context: WorkerContext, row: JournalRow, state: { attempt: number; signer: string }): Promise<void> {
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
    // The claim is gone (timed out, or a reorganisation took it): there is nothing to finish.
    if (!isPersonaError(error, "JOB_NOT_CLAIMED") && !isPersonaError(error, "JOB_CLAIMED_BY_OTHER")) throw error;
    journal.apply(jobId, { type: "claimGone", why: error.code });
    log.warn({ jobId, why: error.code }, "the claim is gone");
    return;
  }
  journal.apply(jobId, { type: "receiptSigned" }, encode(answer));
  log.info({ jobId, failure: answer.failure }, "receipt signed");
}

async function settle(context: WorkerContext, row: JournalRow): Promise<void> {
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
    if (!isPersonaError(error) || error.retry === "later") throw error;
    // Settled before a crash (the journal was behind), timed out, or refused: the chain has the last word.
    const known = await isRecorded(context, jobId, receipt);
    journal.apply(jobId, { type: "settled", outcome: known ? outcome : error.code });
    if (!known) log.error({ jobId, code: error.code, data: error.data }, "the receipt was refused");
    return;
  }
  journal.apply(jobId, { type: "settled", outcome });
  log.info({ jobId, outcome }, "job settled");
}

async function isRecorded({ client, deployment }: WorkerContext, jobId: Hex, receipt: Receipt): Promise<boolean> {
  const market = { address: deployment.jobMarket, abi: jobMarketAbi } as const;
  const [recorded, ours] = await Promise.all([
    client.readContract({ ...market, functionName: "receiptOf", args: [jobId] }),
    client.readContract({ ...market, functionName: "receiptDigest", args: [receipt] }),
  ]);
  return recorded === ours;
}
