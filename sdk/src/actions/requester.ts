import type { Hex } from "viem";
import { type Program, postedParams, readResult, verifyReceipt, waitForJob } from "../compute/index.ts";
import type { CoreClient } from "../contracts/index.ts";
import type { ActionContext } from "./context.ts";
import { type Job, planJob, type SubmitRequest, withResult } from "./jobs.ts";
import { type AccessParameters, requestAccess } from "./requestAccess.ts";
import { type Mined, writes } from "./write.ts";

/** What a dApp does that asks for access and reads results. */
export function requesterActions(context: ActionContext<CoreClient>) {
  const { deployment } = context;
  const job = writes(context, (request: SubmitRequest) => planJob(context, request));
  return {
    /** A dApp asks, by a signature; the owner reads it, and grants it by `grant` or `signGrant({ request, dataset })`. */
    requestAccess: (parameters: AccessParameters) => requestAccess(context, parameters),

    /** Posts a job with fee, prices and protocol fee in escrow, after holding it against its grants. */
    submitJob: async <const program extends Program>(request: SubmitRequest<program>): Promise<Job<program>> =>
      withResult(context, await job.send(request as SubmitRequest)) as Job<program>,
    submitJobAndWait: async <const program extends Program>(
      request: SubmitRequest<program>,
    ): Promise<Job<program> & Mined> => {
      const sent = await job.andWait(request as SubmitRequest);
      const params = postedParams(deployment, sent.jobId, sent.receipt.logs);
      return withResult(context, { ...sent, params }) as unknown as Job<program> & Mined;
    },
    buildSubmitJob: job.build,
    simulateSubmitJob: job.simulate,

    waitForJob: (jobId: Hex, options: Parameters<typeof waitForJob>[2]) => waitForJob(context, jobId, options),
    readResult: (posted: Parameters<typeof readResult>[1], options: Parameters<typeof readResult>[2]) =>
      readResult(context, posted, options),
    /** On chain; without one: `verifyReceiptOffline(await receiptProof(jobId), …)`. */
    verifyReceipt: (wanted: Parameters<typeof verifyReceipt>[1], end: Parameters<typeof verifyReceipt>[2]) =>
      verifyReceipt(context, wanted, end),
  };
}
