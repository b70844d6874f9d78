import {
  type BuiltJob,
  buildJob,
  cancelJobCall,
  type JobRequest,
  storeJob,
  submitCall,
  timeOutJobCall,
} from "@persona-protocol/sdk/compute";
import { type ChainClient, type ContractCall, jobMarketAbi } from "@persona-protocol/sdk/contracts";
import { erc20Abi, type Hex, parseGwei } from "viem";
import type { Network } from "../../node/src/dev/startNetwork.ts";
import type { JobKind } from "./schedule.ts";

const named = [
  "JobSubmitted",
  "JobClaimed",
  "JobReopened",
  "JobSettled",
  "JobFailed",
  "JobTimedOut",
  "JobCancelled",
] as const;
/** All that a requester follows. */
export const jobEvents = jobMarketAbi.filter(
  (item): item is Extract<(typeof jobMarketAbi)[number], { type: "event"; name: (typeof named)[number] }> =>
    item.type === "event" && named.some((name) => name === item.name),
);

export type PostedJob = { readonly job: BuiltJob; readonly kind: JobKind };

/** Where the chain has a job, by its events; `excluded`: node ids that may not claim it again. */
type JobPlace = { readonly excluded: readonly number[] } & (
  | { readonly at: "open" | "settled" | "failed" | "timedOut" | "cancelled" }
  | { readonly at: "claimed"; readonly dueBy: number }
);

/** Who wants jobs done: posts them, posts them again when a reorganisation has taken them, and ends those that nobody ends. */
export type Requester = {
  readonly jobs: ReadonlyMap<Hex, PostedJob>;
  /** Builds and stores a job, for the next turn. */
  prepare(kind: JobKind, request: JobRequest): Promise<void>;
  /** Sends what is due, for the next block. */
  send(): Promise<void>;
  /** Looks where its jobs are, and what that asks for. */
  look(): Promise<void>;
  /** Of all jobs, as of the last look. */
  places(): ReadonlyMap<Hex, JobPlace>;
};

/** More than any of its calls takes. */
const gas = 2_500_000n;
/** Of one block. */
const mostAtOnce = 8;

/** Blocks that no reorganisation of a run takes. */
const deep = 24n;
/** Events of deeper blocks are read once, when there are so many blocks of them. */
const foldEvery = 64n;

export async function createRequester(network: Network, client: ChainClient): Promise<Requester> {
  const { deployment, store } = network;
  const jobs = new Map<Hex, PostedJob>();
  let places: ReadonlyMap<Hex, JobPlace> = new Map();
  /** Prepared, and neither seen in the chain nor sent. */
  const unposted = new Set<Hex>();
  const endings = new Map<Hex, ContractCall>();
  /** As of the block before `from`. */
  let base: ReadonlyMap<Hex, JobPlace> = new Map();
  let from = deployment.fromBlock;

  const eventsOf = async (first: bigint, last: bigint): Promise<JobEventLog[]> => {
    const events = await client.getContractEvents({
      address: deployment.jobMarket,
      abi: jobEvents,
      fromBlock: first,
      toBlock: last,
      strict: true,
    });
    return events.filter(({ args }) => jobs.has(args.jobId));
  };

  return {
    jobs,
    places: () => places,
    async prepare(kind, request) {
      const job = await buildJob({ client, deployment }, request);
      await storeJob(store, job);
      jobs.set(job.jobId, { job, kind });
      unposted.add(job.jobId);
    },
    async send() {
      const due = [...unposted].slice(0, mostAtOnce);
      const posts = due.flatMap((jobId) => {
        unposted.delete(jobId);
        const posted = jobs.get(jobId);
        return posted === undefined ? [] : [submitCall(deployment, posted.job)];
      });
      const calls = [...endings.values(), ...posts];
      endings.clear();
      if (calls.length === 0) return;
      let nonce = await client.getTransactionCount({ address: client.account.address, blockTag: "latest" });
      for (const { to, data } of calls) {
        const fees = { gas, maxFeePerGas: parseGwei("1000"), maxPriorityFeePerGas: parseGwei("2") };
        // A transaction that waits with this nonce, from before a reorganisation, is as good: the next look tells.
        await client.sendTransaction({ to, data, nonce: nonce++, ...fees, chain: client.chain }).catch(() => {});
      }
    },
    async look() {
      const { number, timestamp } = await client.getBlock();
      if (number - deep - from >= foldEvery) {
        base = fold(base, await eventsOf(from, number - deep));
        from = number - deep + 1n;
      }
      places = fold(base, await eventsOf(from, number));
      for (const [jobId, { job }] of jobs) {
        const place = places.get(jobId);
        if (place === undefined) unposted.add(jobId);
        else if (place.at === "claimed" && timestamp > BigInt(place.dueBy))
          endings.set(jobId, timeOutJobCall(deployment, job));
        else if (place.at === "open" && timestamp > BigInt(job.params.offer.claimBy))
          endings.set(jobId, cancelJobCall(deployment, job));
      }
    },
  };
}

type JobEventLog = {
  readonly eventName: (typeof jobEvents)[number]["name"];
  readonly args: { readonly jobId: Hex; readonly nodeId?: number; readonly dueBy?: number };
};

function fold(before: ReadonlyMap<Hex, JobPlace>, events: readonly JobEventLog[]): ReadonlyMap<Hex, JobPlace> {
  const places = new Map(before);
  for (const { eventName, args } of events) {
    const { jobId, nodeId = 0, dueBy = 0 } = args;
    const excluded = places.get(jobId)?.excluded ?? [];
    switch (eventName) {
      case "JobSubmitted":
        places.set(jobId, { at: "open", excluded });
        break;
      case "JobClaimed":
        places.set(jobId, { at: "claimed", excluded, dueBy });
        break;
      case "JobReopened":
        places.set(jobId, { at: "open", excluded: [...excluded, nodeId] });
        break;
      case "JobSettled":
        places.set(jobId, { at: "settled", excluded });
        break;
      case "JobFailed":
        places.set(jobId, { at: "failed", excluded });
        break;
      case "JobTimedOut":
        places.set(jobId, { at: "timedOut", excluded });
        break;
      case "JobCancelled":
        places.set(jobId, { at: "cancelled", excluded });
        break;
    }
  }
  return places;
}

/** Lets the market take whatever the requester's jobs cost. */
export async function approveAll(network: Network, client: ChainClient): Promise<void> {
  const { token: address, deployment } = network;
  const hash = await client.writeContract({
    address,
    abi: erc20Abi,
    functionName: "approve",
    args: [deployment.jobMarket, 2n ** 255n],
    chain: client.chain,
  });
  await client.waitForTransactionReceipt({ hash });
}
