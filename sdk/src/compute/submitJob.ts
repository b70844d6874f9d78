import { type Hex, type Log, parseEventLogs } from "viem";
import { checkScope } from "../access/checkScope.ts";
import {
  type CoreClient,
  type Deployment,
  type JobParams,
  jobMarketCoreAbi,
  type NodeView,
  sendCall,
  waitForCall,
} from "../contracts/index.ts";
import { PersonaError } from "../errors/index.ts";
import { confirmBlocks } from "../storage/confirmBlocks.ts";
import { type BlobWriter, type ConfirmingStore, catalogueHash } from "../storage/index.ts";
import { type BuiltJob, buildJob, type JobRequest } from "./buildJob.ts";
import { approveCall, submitCall } from "./jobCalls.ts";
import { encodeArgs } from "./program.ts";

type Context = {
  readonly client: CoreClient;
  readonly deployment: Deployment;
  readonly nodes?: NodeView | undefined;
  readonly store: Pick<BlobWriter, "putBlock"> & ConfirmingStore;
};

/**
 * Builds a job, checks it against its grants, stores bundle and program, and submits it with fee, prices and protocol fee in
 * escrow.
 * @throws PersonaError with the refusal that a guardian would give, before anything is spent
 */
export async function submitJob(
  context: Context,
  request: JobRequest,
): Promise<BuiltJob & { readonly gasUsed: bigint }> {
  return sendJob(context, await prepareJob(context, request));
}

/**
 * Builds a job and holds it against its grants.
 * @throws PersonaError with the refusal that a guardian would give
 */
export async function prepareJob(context: Omit<Context, "store">, request: JobRequest): Promise<BuiltJob> {
  const job = await buildJob(context, request);
  const args = encodeArgs(request.program, request.args ?? {});
  const owners = new Set(job.grants.map(({ terms }) => terms.owner)).size;
  for (const [i, { terms, scope, dataset }] of job.grants.entries()) {
    const input = job.spec.inputs[i];
    if (input === undefined) continue;
    const catalogueHashAt = (length: number) => catalogueHash(dataset.catalogue.slice(0, length));
    const objection = checkScope({ terms, scope, spec: job.spec, input, catalogueHashAt, args, owners });
    if (objection !== undefined)
      throw new PersonaError(objection, "The grant does not allow this job.", { data: { datasetId: terms.datasetId } });
  }
  return job;
}

/** Submits a built job as it is. @returns it with the parameters that the market has posted */
export async function sendJob(
  { client, deployment, store }: Context,
  job: BuiltJob,
): Promise<BuiltJob & { readonly gasUsed: bigint }> {
  await storeJob(store, job);
  const approve = await approveCall({ client, deployment }, job);
  if (approve !== undefined)
    await waitForCall(client, { hash: await sendCall(client, approve), functionName: "approve" });
  const call = submitCall(deployment, job);
  const receipt = await waitForCall(client, { hash: await sendCall(client, call), functionName: call.functionName });
  return { ...job, params: postedParams(deployment, job.jobId, receipt.logs), gasUsed: receipt.gasUsed };
}

/** A node that claims the job must find bundle and program: nobody is paid for what cannot be read. */
export async function storeJob(store: Context["store"], job: BuiltJob): Promise<void> {
  const blocks = [job.bundle, job.programBytes, ...(job.codeBlock === undefined ? [] : [job.codeBlock])];
  const stored = await Promise.all(blocks.map((block) => store.putBlock(block, "dag-cbor")));
  const published = job.program.v === 2 && job.codeBlock === undefined ? [job.program.code] : [];
  await confirmBlocks(store, [...stored.map(({ cid }) => cid), ...published]);
}

/** The market has the last word on inputs and protocol fee: whoever ends the job brings these parameters back. */
export function postedParams(
  { jobMarket }: Pick<Deployment, "jobMarket">,
  jobId: Hex,
  logs: readonly Log[],
): JobParams {
  const [posted] = parseEventLogs({
    abi: jobMarketCoreAbi,
    eventName: "JobSubmitted",
    args: { jobId },
    logs: logs.filter(({ address }) => address.toLowerCase() === jobMarket.toLowerCase()),
  });
  if (posted === undefined) throw new PersonaError("INTERNAL", "The market did not say what was posted.");
  return posted.args.params as JobParams;
}
