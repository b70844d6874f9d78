import type { Hex } from "viem";
import { type ChainClient, type Deployment, jobMarketAbi } from "../contracts/index.ts";
import type { ReceiptReleases } from "./findOmitted.ts";
import { findInputReleases } from "./receiptReleases.ts";

export type SettledJob = ReceiptReleases & {
  readonly requester: Hex;
  readonly blockNumber: bigint;
};

/** What public endpoints take at once. */
const blocksAtOnce = 5_000n;

/** Jobs over a dataset that ended with a result: each receipt commits to the releases behind it. */
export async function settledJobs(
  { client, deployment }: { readonly client: ChainClient; readonly deployment: Deployment },
  datasetId: Hex,
): Promise<SettledJob[]> {
  const market = { address: deployment.jobMarket, abi: jobMarketAbi } as const;
  const newest = await client.getBlockNumber();
  const posted = new Map<Hex, { readonly requester: Hex; readonly inputs: number; readonly own: number[] }>();
  const settled: SettledJob[] = [];
  for (let fromBlock = deployment.fromBlock; fromBlock <= newest; fromBlock += blocksAtOnce) {
    const last = fromBlock + blocksAtOnce - 1n;
    const range = { ...market, fromBlock, toBlock: last < newest ? last : newest };
    for (const { args } of await client.getContractEvents({ ...range, eventName: "JobSubmitted", strict: true })) {
      const { inputs, requester } = args.params.order;
      const own = inputs.flatMap((input, at) => (input.datasetId === datasetId ? [at] : []));
      if (own.length > 0) posted.set(args.jobId, { requester, inputs: inputs.length, own });
    }
    const results = await client.getContractEvents({ ...range, eventName: "JobSettled", strict: true });
    for (const { args, blockNumber, transactionHash: hash } of results) {
      const job = posted.get(args.jobId);
      if (job === undefined) continue;
      const { releasesHash } = args.receipt;
      // One input needs no hashes: its releases alone give the receipt's.
      const calldata = job.inputs > 1 ? (await client.getTransaction({ hash })).input : "0x";
      const inputHashes = findInputReleases(calldata, releasesHash, job.inputs);
      settled.push({ jobId: args.jobId, releasesHash, inputHashes, ...job, blockNumber });
    }
  }
  return settled;
}
