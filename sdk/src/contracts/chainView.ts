import type { Address, Hex, PublicClient } from "viem";
import { codeOfReason, type ErrorCode } from "../errors/index.ts";
import { datasetRegistryAbi, jobMarketAbi } from "./abis.ts";
import { contractSignatureCall } from "./contractSignature.ts";
import type { Deployment } from "./deployment.ts";
import { type JobStatus, jobStatus } from "./jobStatus.ts";
import { createNodeView, type NodeView } from "./nodeView.ts";
import type { JobOrder, JobParams } from "./structs.ts";

export type DatasetState = {
  readonly owner: Address;
  readonly keyEpoch: number;
  readonly version: bigint;
  readonly status: "none" | "active" | "erased" | "erasing";
  readonly headHash: Hex;
};

export type JobChainState = {
  readonly status: JobStatus;
  readonly attempt: number;
  readonly signer: Address;
  /** Unix seconds until which the claim's receipt is taken; 0 while open. */
  readonly dueBy: number;
  /** Hash of the parameters; the receipt's digest once one has ended the job. */
  readonly commitment: Hex;
  /** Block in which it was posted, or last reopened. */
  readonly raceBlock: number;
};

/**
 * What guardians, enclaves and wallets must know of the chain, each read at a block of the caller's choice. The proof-checked
 * and the quorum view of the enclave issue implement the same type.
 */
export type ChainView = NodeView & {
  /** The contract's first objection to releasing this job's keys to `signer`; undefined when it has none. */
  releasable(
    job: { readonly jobId: Hex; readonly params: JobParams },
    input: number,
    signer: Address,
    blockNumber: bigint,
  ): Promise<ErrorCode | undefined>;
  /** The contract's first objection to a request to read, as `releasable`; the order must name one input. */
  readable(jobId: Hex, order: JobOrder, blockNumber: bigint): Promise<ErrorCode | undefined>;
  dataset(datasetId: Hex, blockNumber: bigint): Promise<DatasetState>;
  job(jobId: Hex, blockNumber: bigint): Promise<JobChainState>;
  /**
   * Unix seconds of the block where a version was published, if the transaction at this place has published it; else undefined.
   * Views that prove nothing have no such answer.
   */
  publishedAt?(
    publication: { readonly datasetId: Hex; readonly version: bigint },
    place: { readonly blockNumber: bigint; readonly index: number },
  ): Promise<bigint | undefined>;
  /** Whether an account that is a contract calls this signature its own (ERC-1271). False where there is no contract. */
  signedBy(account: Address, digest: Hex, signature: Hex, blockNumber: bigint): Promise<boolean>;
};

const datasetStatus = ["none", "active", "erased", "erasing"] as const;
export function createChainView(
  client: Pick<PublicClient, "getBlock" | "readContract" | "call">,
  deployment: Deployment,
): ChainView {
  const nodesOf = createNodeView(client, deployment);
  const registry = { address: deployment.datasetRegistry, abi: datasetRegistryAbi } as const;
  const market = { address: deployment.jobMarket, abi: jobMarketAbi } as const;
  return {
    ...nodesOf,
    async releasable({ jobId, params }, input, signer, blockNumber) {
      const [ok, reason] = await client.readContract({
        ...market,
        functionName: "releasable",
        args: [jobId, params, BigInt(input), signer],
        blockNumber,
      });
      if (ok) return undefined;
      return codeOfReason(reason) ?? "REQUEST_INVALID";
    },
    async readable(jobId, order, blockNumber) {
      const [ok, reason] = await client.readContract({
        ...market,
        functionName: "readable",
        args: [jobId, order],
        blockNumber,
      });
      if (ok) return undefined;
      return codeOfReason(reason) ?? "REQUEST_INVALID";
    },
    async dataset(datasetId, blockNumber) {
      const dataset = await client.readContract({
        ...registry,
        functionName: "datasetOf",
        args: [datasetId],
        blockNumber,
      });
      const { owner, keyEpoch, version, headHash } = dataset;
      return { owner, keyEpoch, version: BigInt(version), headHash, status: datasetStatus[dataset.status] ?? "none" };
    },
    async job(jobId, blockNumber) {
      const { attempt, status, signer, dueBy, commitment, raceBlock } = await client.readContract({
        ...market,
        functionName: "jobOf",
        args: [jobId],
        blockNumber,
      });
      return { attempt, signer, dueBy, commitment, raceBlock, status: jobStatus[status] ?? "none" };
    },
    async signedBy(account, digest, signature, blockNumber) {
      const { data } = await client.call({ data: contractSignatureCall(account, digest, signature), blockNumber });
      return data !== undefined && BigInt(data) === 1n;
    },
  };
}
