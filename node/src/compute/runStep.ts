import { decodeStruct } from "@persona-protocol/sdk/contracts";
import type { WorkerContext } from "./jobSteps.ts";
import type { JournalRow } from "./journal.ts";
import { type Claim, fateOfClaim } from "./marketJob.ts";
import { decodeSignedAnswer, encodeSignedAnswer, parseSignedAnswer, type SignedAnswer } from "./signedAnswer.ts";

const runTimeoutMs = 10 * 60_000;

/** Has the enclave run the job: once, however often it is asked. */
export async function run(context: WorkerContext, row: JournalRow, state: Claim): Promise<void> {
  const { enclave, journal, signer, log } = context;
  const { jobId, params } = row;
  // A reorganisation took the claim after the receipt was signed, and the same enclave has claimed the same attempt again.
  if (isSigned(row, state)) {
    await journal.apply(jobId, { type: "receiptSigned" });
    return;
  }
  if (state.signer !== signer) {
    await journal.apply(jobId, { type: "claimGone", why: "ENCLAVE_LOST", block: state.block });
    log.warn({ jobId }, "the enclave that claimed this job is gone; it will time out");
    return;
  }
  const begunAt = performance.now();
  let answer: SignedAnswer;
  try {
    answer = parseSignedAnswer(
      await enclave.call("run", { jobId, params, attempt: state.attempt }, { timeoutMs: runTimeoutMs }),
    );
  } catch (error) {
    // Timed out, or another's: there is nothing to finish. An enclave that failed or hung is asked again.
    const end = await fateOfClaim(context, row, state);
    if (end.fate === "stands") throw error;
    if (end.fate === "undone") {
      await journal.apply(jobId, { type: "claimUndone" });
      log.warn({ jobId }, "a reorganisation has taken the claim; it is made again");
      return;
    }
    const { why, block } = end;
    await journal.apply(jobId, { type: "claimGone", why, block });
    log.warn({ jobId, why }, "the claim is gone");
    return;
  }
  context.took(performance.now() - begunAt);
  await journal.apply(jobId, { type: "receiptSigned" }, encodeSignedAnswer(answer));
  log.info({ jobId, failure: answer.failure }, "receipt signed");
}

function isSigned({ receipt }: JournalRow, { attempt, signer }: Claim): boolean {
  if (receipt === undefined || receipt.signer !== signer) return false;
  return decodeStruct("Receipt", decodeSignedAnswer(receipt.bytes).receipt).attempt === attempt;
}
