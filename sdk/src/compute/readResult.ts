import type { Address, Hex } from "viem";
import {
  type ChainClient,
  type Deployment,
  jobMarketCoreAbi,
  jobStatus,
  KeyClass,
  nodeRegistryCoreAbi,
  type Receipt,
  receiptDigestOf,
} from "../contracts/index.ts";
import { PersonaError } from "../errors/index.ts";
import type { BuiltJob } from "./buildJob.ts";
import { failureName } from "./failureCodes.ts";
import { findCiphertext } from "./findCiphertext.ts";
import { decodeResult, type ResultRow } from "./program.ts";
import { openResult } from "./sealedResult.ts";

type Context = {
  readonly client: Pick<ChainClient, "readContract" | "getContractEvents" | "getTransaction" | "getTransactionReceipt">;
  readonly deployment: Deployment;
};

/** How a job ended, as the chain tells it. */
export type JobEnd =
  | {
      readonly status: "settled";
      readonly receipt: Receipt;
      readonly ciphertext: Uint8Array;
      readonly signer: Address;
      readonly gasUsed: bigint;
    }
  | { readonly status: "failed"; readonly code: number; readonly receipt: Receipt }
  | { readonly status: "timedOut" | "cancelled" };

/**
 * Waits for the end of a job.
 * @throws PersonaError JOB_UNKNOWN, RESULT_NOT_FOUND, CANCELLED when the signal fires
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
    const { status } = await readJob({ client, deployment }, jobId);
    // A request to read has an id like a job's, and no result.
    if (status === "none" || status === "read")
      throw new PersonaError("JOB_UNKNOWN", "The market does not know this job.", { data: { jobId } });
    if (status !== "open" && status !== "claimed") return readEnd({ client, deployment }, jobId);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function readJob(
  { client, deployment }: Pick<Context, "deployment"> & { client: Pick<ChainClient, "readContract"> },
  jobId: Hex,
) {
  const { jobMarket: address } = deployment;
  const job = await client.readContract({ address, abi: jobMarketCoreAbi, functionName: "jobOf", args: [jobId] });
  return { ...job, status: jobStatus[job.status] ?? "none" };
}

async function readEnd({ client, deployment }: Context, jobId: Hex): Promise<JobEnd> {
  const market = {
    address: deployment.jobMarket,
    abi: jobMarketCoreAbi,
    fromBlock: deployment.fromBlock,
    strict: true,
  } as const;
  const [settled] = await client.getContractEvents({ ...market, eventName: "JobSettled", args: { jobId } });
  if (settled !== undefined) {
    const { receipt, signer } = settled.args;
    const hash = settled.transactionHash;
    const [{ input }, { gasUsed }] = await Promise.all([
      client.getTransaction({ hash }),
      client.getTransactionReceipt({ hash }),
    ]);
    return { status: "settled", receipt, ciphertext: findCiphertext(input, receipt), signer, gasUsed };
  }
  const [failed] = await client.getContractEvents({ ...market, eventName: "JobFailed", args: { jobId } });
  if (failed !== undefined) return { status: "failed", code: failed.args.code, receipt: failed.args.receipt };
  const [timedOut] = await client.getContractEvents({ ...market, eventName: "JobTimedOut", args: { jobId } });
  return { status: timedOut === undefined ? "cancelled" : "timedOut" };
}

/**
 * Does this receipt stand? It is the one that the market accepted, for this spec, signed by an attested worker key of the
 * registry: the market took that key's signature and keeps the receipt's digest.
 * @throws PersonaError RECEIPT_INVALID, naming what does not fit
 */
export async function verifyReceipt(
  { client, deployment }: { readonly client: Pick<ChainClient, "readContract">; readonly deployment: Deployment },
  wanted: { readonly jobId: Hex; readonly jobSpecHash: Hex },
  end: Pick<Extract<JobEnd, { status: "settled" }>, "receipt" | "signer">,
): Promise<void> {
  const { receipt, signer } = end;
  const invalid = (why: string) =>
    new PersonaError("RECEIPT_INVALID", `The receipt does not stand: ${why}.`, {
      data: { jobId: wanted.jobId, signer },
    });
  if (receipt.jobId !== wanted.jobId) throw invalid("it is another job's");
  if (receipt.jobSpecHash !== wanted.jobSpecHash) throw invalid("it is for another spec");
  if (receipt.code !== 0) throw invalid("it is a failure");
  const [job, key] = await Promise.all([
    readJob({ client, deployment }, wanted.jobId),
    client.readContract({
      address: deployment.nodeRegistry,
      abi: nodeRegistryCoreAbi,
      functionName: "enclaveKeyOf",
      args: [signer],
    }),
  ]);
  if (job.status !== "settled" || job.commitment !== receiptDigestOf(deployment, receipt))
    throw invalid("the market recorded another one");
  if (job.signer !== signer) throw invalid("another key signed it");
  if (key.nodeId === 0 || key.keyClass !== KeyClass.worker) throw invalid("its key is not a registered worker's");
}

/**
 * Waits, verifies the receipt, decrypts, and holds the result to the program's declared shape. `rows` is the result where it is
 * a list of rows, as of every program of version 1, and empty else.
 * @throws PersonaError JOB_FAILED, JOB_TIMED_OUT, RESULT_NOT_FOUND, RECEIPT_INVALID, OUTPUT_POLICY_VIOLATED, CANCELLED
 */
export async function readResult(
  context: Context,
  job: Pick<BuiltJob, "jobId" | "params" | "program" | "resultKey">,
  options: { readonly signal: AbortSignal; readonly pollMs?: number },
): Promise<{
  readonly rows: readonly ResultRow[];
  readonly result: unknown;
  readonly receipt: Receipt;
  readonly gasUsed: bigint;
}> {
  const { jobId } = job;
  const end = await waitForJob(context, jobId, options);
  if (end.status === "failed") {
    throw new PersonaError("JOB_FAILED", "The job ended with a signed failure.", {
      data: { jobId, code: end.code, failure: failureName(end.code) ?? "unknown" },
    });
  }
  if (end.status !== "settled")
    throw new PersonaError("JOB_TIMED_OUT", `The job ended without a result: ${end.status}.`, { data: { jobId } });
  await verifyReceipt(context, { jobId, jobSpecHash: job.params.order.specHash }, end);
  const plaintext = await openResult({
    resultPrivateKey: job.resultKey.privateKey,
    jobSpecHash: job.params.order.specHash,
    ciphertext: end.ciphertext,
    ciphertextDigest: end.receipt.ciphertextDigest,
    plaintextCommitment: end.receipt.plaintextCommitment,
  });
  const result = decodeResult(job.program, plaintext);
  return { rows: rowsOf(result), result, receipt: end.receipt, gasUsed: end.gasUsed };
}

function rowsOf(result: unknown): readonly ResultRow[] {
  const isRow = (row: unknown) =>
    typeof row === "object" &&
    row !== null &&
    Object.values(row).every((value) => value === null || typeof value !== "object");
  return Array.isArray(result) && result.every(isRow) ? result : [];
}
