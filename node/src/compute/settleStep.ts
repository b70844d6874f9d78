import { failureName } from "@persona-protocol/sdk/compute";
import { decodeStruct, jobMarketAbi, type Receipt } from "@persona-protocol/sdk/contracts";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { bytesToHex } from "viem";
import type { WorkerContext } from "./jobSteps.ts";
import type { JournalRow } from "./journal.ts";
import { type Claim, fateOfClaim, readJob } from "./marketJob.ts";
import { decodeSignedAnswer } from "./signedAnswer.ts";

/** Brings the receipt to the chain. */
export async function settle(context: WorkerContext, row: JournalRow, state: Claim): Promise<void> {
  const { journal, log } = context;
  const { jobId } = row;
  if (row.receipt === undefined)
    throw new PersonaError("INTERNAL", "A job to settle has no receipt.", { data: { jobId } });
  const signed = decodeSignedAnswer(row.receipt.bytes);
  const receipt = decodeStruct("Receipt", signed.receipt);
  const outcome = receipt.code === 0 ? "SETTLED" : (failureName(receipt.code) ?? String(receipt.code));
  let block: number;
  try {
    block = await context.bring({
      jobId,
      params: decodeStruct("JobParams", row.params),
      receipt,
      signature: bytesToHex(signed.signature),
      ciphertext: bytesToHex(signed.ciphertext),
      releases: signed.releases.map((hash) => bytesToHex(hash)),
    });
  } catch (error) {
    // Whatever went wrong, the chain has the last word: while it holds the claim for ours, the receipt is worth its fee.
    const end = await fateOfClaim(context, row, state);
    if (end.fate === "stands") throw error;
    if (end.fate === "undone") {
      await journal.apply(jobId, { type: "claimUndone" });
      log.warn({ jobId }, "a reorganisation has taken the claim; it is made again");
      return;
    }
    const known = await isRecorded(context, row, state, receipt);
    const { why } = end;
    if (!known && (why === "REOPENED" || why === "JOB_CLAIMED_BY_OTHER")) {
      // A reorganisation gave our attempt to somebody else. The job goes on, and may come back to us.
      if (why === "REOPENED") await journal.apply(jobId, { type: "claimUndone" });
      else await journal.apply(jobId, { type: "claimGone", why, block: end.block });
      log.warn({ jobId, why }, "the receipt came to nothing: the attempt is another's");
      return;
    }
    await journal.apply(jobId, { type: "settled", outcome: known ? outcome : end.why, block: end.block });
    if (known) log.info({ jobId, outcome }, "job settled");
    else
      log.error(
        { jobId, why: end.why, code: isPersonaError(error) ? error.code : "INTERNAL" },
        "the receipt came to nothing",
      );
    return;
  }
  await journal.apply(jobId, { type: "settled", outcome, block });
  log.info({ jobId, outcome }, "job settled");
}

/** Was it this receipt that ended the job, or the attempt? Silence ends both, too. */
export async function isRecorded(
  context: Pick<WorkerContext, "client" | "deployment">,
  { jobId }: JournalRow,
  claim: Claim,
  receipt: Receipt,
): Promise<boolean> {
  const { client, deployment } = context;
  const market = { address: deployment.jobMarket, abi: jobMarketAbi } as const;
  const { job } = await readJob(context, jobId);
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
