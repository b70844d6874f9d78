import { erc20Abi, parseEventLogs } from "viem";
import { checkScope } from "../access/checkScope.ts";
import { type ChainClient, callContract, type Deployment, type JobParams, jobMarketAbi } from "../contracts/index.ts";
import { PersonaError } from "../errors/index.ts";
import { type BlobWriter, type ConfirmingStore, catalogueHash, confirmStored } from "../storage/index.ts";
import { type BuiltJob, buildJob, type JobRequest } from "./buildJob.ts";
import { encodeArgs } from "./program.ts";

type Context = {
  readonly client: ChainClient;
  readonly deployment: Deployment;
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
  return sendJob(context, job);
}

/** Submits a built job as it is. @returns it with the parameters that the market has posted */
export async function sendJob(
  { client, deployment, store }: Context,
  job: BuiltJob,
): Promise<BuiltJob & { readonly gasUsed: bigint }> {
  const blocks = [job.bundle, job.programBytes, ...(job.codeBlock === undefined ? [] : [job.codeBlock])];
  const stored = await Promise.all(blocks.map((block) => store.putBlock(block, "dag-cbor")));
  const published = job.program.v === 2 && job.codeBlock === undefined ? [job.program.code] : [];
  // A node that claims the job must find them: nobody is paid for a bundle or a program that cannot be read.
  await Promise.all([...stored.map(({ cid }) => cid), ...published].map((cid) => confirmStored(store, [cid])));
  await allowEscrow({ client, deployment }, job);
  const market = { address: deployment.jobMarket, abi: jobMarketAbi } as const;
  const terms = job.grants.map((grant) => grant.terms);
  const signatures = job.grants.map(({ signature }) => signature ?? "0x");
  const { order, offer } = job.params;
  const { specHash, bundleDigest, token, fee, maxOutputBytes } = order;
  const request = { salt: job.salt, specHash, bundleDigest, token, fee, maxOutputBytes, offer };
  const receipt = signatures.some((signature) => signature !== "0x")
    ? await callContract(client, {
        ...market,
        functionName: "submitJobWithSignatures",
        args: [request, terms, signatures],
      })
    : await callContract(client, { ...market, functionName: "submitJob", args: [request, terms] });
  // The market has the last word on inputs and protocol fee: whoever ends the job brings these parameters back.
  const [posted] = parseEventLogs({
    abi: jobMarketAbi,
    eventName: "JobSubmitted",
    args: { jobId: job.jobId },
    logs: receipt.logs.filter(({ address }) => address.toLowerCase() === deployment.jobMarket.toLowerCase()),
  });
  if (posted === undefined) throw new PersonaError("INTERNAL", "The market did not say what was posted.");
  return { ...job, params: posted.args.params as JobParams, gasUsed: receipt.gasUsed };
}

/** Lets the market take fee, prices and protocol fee, when what is allowed is not enough yet. */
async function allowEscrow({ client, deployment }: Omit<Context, "store">, { params }: BuiltJob): Promise<void> {
  const owner = client.account.address;
  const { fee, protocolFee, inputs } = params.order;
  const needed = inputs.reduce((sum, { price }) => sum + price, fee + protocolFee);
  const token = { address: params.order.token, abi: erc20Abi } as const;
  const allowed = await client.readContract({
    ...token,
    functionName: "allowance",
    args: [owner, deployment.jobMarket],
  });
  if (allowed >= needed) return;
  await callContract(client, { ...token, functionName: "approve", args: [deployment.jobMarket, needed] });
}
