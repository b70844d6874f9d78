import type { PersonaClient } from "@persona-protocol/sdk";
import { jobMarketAbi, type Receipt } from "@persona-protocol/sdk/contracts";
import { useQuery } from "@tanstack/react-query";
import { type Address, type Hex, isAddressEqual } from "viem";
import { blockRanges, chainNow, timeOfBlock } from "./chainEvents.ts";

export type JobState = "open" | "running" | "settled" | "failed" | "timedOut" | "cancelled";

export type JobRow = {
  readonly jobId: Hex;
  readonly requester: Address;
  readonly inputs: readonly {
    readonly datasetId: Hex;
    readonly grantHash: Hex;
    readonly owner: Address;
    readonly price: bigint;
  }[];
  readonly token: Address;
  readonly fee: bigint;
  readonly protocolFee: bigint;
  /** Unix seconds. */
  readonly submittedAt: number;
  readonly endedAt: number | undefined;
  readonly state: JobState;
  readonly nodeId: number | undefined;
  /** Of a failure: why (docs/protocol.md 5.5). */
  readonly code: number | undefined;
  readonly receipt: Receipt | undefined;
};

type Draft = { -readonly [key in keyof JobRow]: JobRow[key] } & {
  submittedBlock: bigint;
  endedBlock: bigint | undefined;
};

/** Every job of the market that `concerns` says yes to, newest first, from the market's events. */
async function readJobs(
  persona: PersonaClient,
  concerns: (job: Pick<JobRow, "requester" | "inputs">) => boolean,
): Promise<readonly JobRow[]> {
  const { client, deployment } = persona;
  const { blockNumber } = await chainNow(persona);
  const jobs = new Map<Hex, Draft>();
  for (const range of blockRanges(deployment, blockNumber)) {
    const events = await client.getContractEvents({
      address: deployment.jobMarket,
      abi: jobMarketAbi,
      ...range,
      strict: true,
    });
    for (const event of events) {
      if (event.eventName === "JobSubmitted") {
        const { jobId, requester, params } = event.args;
        const { inputs, token, fee, protocolFee } = params.order;
        if (!concerns({ requester, inputs })) continue;
        const submitted = {
          submittedAt: 0,
          submittedBlock: event.blockNumber,
          endedAt: undefined,
          endedBlock: undefined,
        };
        const ends = { state: "open", nodeId: undefined, code: undefined, receipt: undefined } as const;
        jobs.set(jobId, { jobId, requester, inputs, token, fee, protocolFee, ...submitted, ...ends });
        continue;
      }
      if (!("jobId" in event.args)) continue;
      const job = jobs.get(event.args.jobId);
      if (job === undefined) continue;
      const end = (state: JobState, more: Partial<Draft> = {}) =>
        Object.assign(job, { state, endedBlock: event.blockNumber, ...more });
      switch (event.eventName) {
        case "JobClaimed":
          Object.assign(job, { state: "running", nodeId: event.args.nodeId });
          break;
        case "JobReopened":
          Object.assign(job, { state: "open", code: event.args.code });
          break;
        case "JobSettled":
          end("settled", { nodeId: event.args.nodeId, receipt: event.args.receipt, code: undefined });
          break;
        case "JobFailed":
          end("failed", { nodeId: event.args.nodeId, receipt: event.args.receipt, code: event.args.code });
          break;
        case "JobTimedOut":
          end("timedOut", { nodeId: event.args.nodeId });
          break;
        case "JobCancelled":
          end("cancelled");
          break;
        default:
      }
    }
  }
  const rows = await Promise.all(
    [...jobs.values()].map(async ({ submittedBlock, endedBlock, ...job }) => ({
      ...job,
      submittedAt: await timeOfBlock(persona, submittedBlock),
      endedAt: endedBlock === undefined ? undefined : await timeOfBlock(persona, endedBlock),
    })),
  );
  return rows.reverse();
}

/** Jobs over an owner's data. */
export function useJobsOver(persona: PersonaClient, owner: Address) {
  return useQuery({
    queryKey: ["jobs over", persona.deployment.chainId, owner.toLowerCase()],
    queryFn: () => readJobs(persona, ({ inputs }) => inputs.some((input) => isAddressEqual(input.owner, owner))),
  });
}

/** Jobs that an account has asked for. */
export function useJobsOf(persona: PersonaClient, requester: Address) {
  return useQuery({
    queryKey: ["jobs of", persona.deployment.chainId, requester.toLowerCase()],
    queryFn: () => readJobs(persona, (job) => isAddressEqual(job.requester, requester)),
  });
}

export const pricesFor = (job: JobRow, owner: Address): bigint =>
  job.inputs.reduce((sum, input) => (isAddressEqual(input.owner, owner) ? sum + input.price : sum), 0n);
