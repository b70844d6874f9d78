import { type Address, type Hex, hexToBytes, recoverTypedDataAddress } from "viem";
import {
  type ChainClient,
  type Deployment,
  jobMarketAbi,
  KeyClass,
  nodeRegistryAbi,
  type Receipt,
  receiptDigestOf,
  typedData,
} from "../contracts/index.ts";
import { PersonaError } from "../errors/index.ts";
import type { BuiltJob } from "./buildJob.ts";
import { failureName } from "./failureCodes.ts";
import { decodeResult, type ResultRow } from "./program.ts";
import { openResult } from "./sealedResult.ts";

type Context = {
  readonly client: Pick<ChainClient, "readContract" | "getContractEvents" | "getTransactionReceipt">;
  readonly deployment: Deployment;
};

/** How a job ended, as the chain tells it. */
export type JobEnd =
  | {
      readonly status: "settled";
      readonly receipt: Receipt;
      readonly signature: Hex;
      readonly ciphertext: Uint8Array;
      readonly signer: Address;
      readonly gasUsed: bigint;
    }
  | { readonly status: "failed"; readonly code: number; readonly receipt: Receipt }
  | { readonly status: "timedOut" | "cancelled" };

const open = 1;
const claimed = 2;

/**
 * Waits for the end of a job.
 * @throws PersonaError JOB_UNKNOWN, CANCELLED when the signal fires
 */
export async function waitForJob(
  { client, deployment }: Context,
  jobId: Hex,
  options: { readonly signal: AbortSignal; readonly pollMs?: number },
): Promise<JobEnd> {
  const { signal, pollMs = 500 } = options;
  for (;;) {
    if (signal.aborted)
      throw new PersonaError("CANCELLED", "Waiting for the job was given up.", {
        data: { jobId },
        cause: signal.reason,
      });
    const { status } = await client.readContract({
      address: deployment.jobMarket,
      abi: jobMarketAbi,
      functionName: "jobOf",
      args: [jobId],
    });
    if (status === 0) throw new PersonaError("JOB_UNKNOWN", "The market does not know this job.", { data: { jobId } });
    if (status !== open && status !== claimed) return readEnd({ client, deployment }, jobId);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function readEnd({ client, deployment }: Context, jobId: Hex): Promise<JobEnd> {
  const market = {
    address: deployment.jobMarket,
    abi: jobMarketAbi,
    fromBlock: deployment.fromBlock,
    strict: true,
  } as const;
  const [settled] = await client.getContractEvents({ ...market, eventName: "JobSettled", args: { jobId } });
  if (settled !== undefined) {
    const { receipt, signature, ciphertext, signer } = settled.args;
    const { gasUsed } = await client.getTransactionReceipt({ hash: settled.transactionHash });
    return { status: "settled", receipt, signature, ciphertext: hexToBytes(ciphertext), signer, gasUsed };
  }
  const [failed] = await client.getContractEvents({ ...market, eventName: "JobFailed", args: { jobId } });
  if (failed !== undefined) return { status: "failed", code: failed.args.code, receipt: failed.args.receipt };
  const [timedOut] = await client.getContractEvents({ ...market, eventName: "JobTimedOut", args: { jobId } });
  return { status: timedOut === undefined ? "cancelled" : "timedOut" };
}

/**
 * Does this receipt stand? It is the one the market accepted, for this spec, signed by an attested worker key of the registry,
 * over exactly this ciphertext.
 * @throws PersonaError RECEIPT_INVALID, naming what does not fit
 */
export async function verifyReceipt(
  { client, deployment }: Context,
  wanted: { readonly jobId: Hex; readonly jobSpecHash: Hex },
  end: Extract<JobEnd, { status: "settled" }>,
): Promise<void> {
  const { receipt, signature, signer } = end;
  const invalid = (why: string) =>
    new PersonaError("RECEIPT_INVALID", `The receipt does not stand: ${why}.`, {
      data: { jobId: wanted.jobId, signer },
    });
  if (receipt.jobId !== wanted.jobId) throw invalid("it is another job's");
  if (receipt.jobSpecHash !== wanted.jobSpecHash) throw invalid("it is for another spec");
  if (receipt.code !== 0) throw invalid("it is a failure");
  const recovered = await recoverTypedDataAddress({ ...typedData.receipt(deployment, receipt), signature });
  if (recovered !== signer) throw invalid("another key signed it");
  const [recorded, key] = await Promise.all([
    client.readContract({
      address: deployment.jobMarket,
      abi: jobMarketAbi,
      functionName: "receiptOf",
      args: [wanted.jobId],
    }),
    client.readContract({
      address: deployment.nodeRegistry,
      abi: nodeRegistryAbi,
      functionName: "enclaveKeyOf",
      args: [signer],
    }),
  ]);
  if (recorded !== receiptDigestOf(deployment, receipt)) throw invalid("the market recorded another one");
  if (key.nodeId === 0 || key.keyClass !== KeyClass.worker) throw invalid("its key is not a registered worker's");
}

/**
 * Waits, verifies the receipt, decrypts, and holds the rows to the program's declared shape.
 * @throws PersonaError JOB_FAILED, JOB_TIMED_OUT, RECEIPT_INVALID, OUTPUT_POLICY_VIOLATED, CANCELLED
 */
export async function readResult(
  context: Context,
  job: Pick<BuiltJob, "jobId" | "params" | "program" | "resultKey">,
  options: { readonly signal: AbortSignal; readonly pollMs?: number },
): Promise<{ readonly rows: readonly ResultRow[]; readonly receipt: Receipt; readonly gasUsed: bigint }> {
  const { jobId } = job;
  const end = await waitForJob(context, jobId, options);
  if (end.status === "failed") {
    throw new PersonaError("JOB_FAILED", "The job ended with a signed failure.", {
      data: { jobId, code: end.code, failure: failureName(end.code) ?? "unknown" },
    });
  }
  if (end.status !== "settled")
    throw new PersonaError("JOB_TIMED_OUT", `The job ended without a result: ${end.status}.`, { data: { jobId } });
  await verifyReceipt(context, { jobId, jobSpecHash: job.params.specHash }, end);
  const plaintext = await openResult({
    resultPrivateKey: job.resultKey.privateKey,
    jobSpecHash: job.params.specHash,
    ciphertext: end.ciphertext,
    ciphertextDigest: end.receipt.ciphertextDigest,
    plaintextCommitment: end.receipt.plaintextCommitment,
  });
  return { rows: decodeResult(job.program, plaintext), receipt: end.receipt, gasUsed: end.gasUsed };
}
