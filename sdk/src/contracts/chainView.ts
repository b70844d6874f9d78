import type { Address, Hex, PublicClient } from "viem";
import { codeOfReason, type ErrorCode, PersonaError } from "../errors/index.ts";
import { datasetRegistryAbi, jobMarketAbi, nodeRegistryAbi } from "./abis.ts";
import { contractSignatureCall } from "./contractSignature.ts";
import type { Deployment } from "./deployment.ts";
import type { JobOrder, JobParams } from "./structs.ts";

export type ChainBlock = { readonly number: bigint; readonly hash: Hex; readonly timestamp: bigint };

export type DatasetState = {
  readonly owner: Address;
  readonly keyEpoch: number;
  readonly version: bigint;
  readonly status: "none" | "active" | "erased" | "erasing";
  readonly headHash: Hex;
};

export type EnclaveKeyState = {
  readonly nodeId: number;
  readonly keyClass: number;
  readonly state: "none" | "active" | "draining" | "frozen" | "destroyed";
  readonly sealUntil: number;
  readonly openUntil: number;
  readonly measurement: Hex;
  readonly kemKeyHash: Hex;
};

export type NodeState = { readonly operator: Address; readonly endpoint: string; readonly roles: number };

export type JobStatus = (typeof jobStatus)[number];

export type JobChainState = {
  readonly status: JobStatus;
  readonly attempt: number;
  readonly signer: Address;
  /** Unix seconds until which the claim's receipt is taken; 0 while open. */
  readonly dueBy: number;
  /** Hash of the parameters; the receipt's digest once one has ended the job. */
  readonly commitment: Hex;
};

/**
 * What guardians, enclaves and wallets must know of the chain, each read at a block of the caller's choice. The proof-checked
 * and the quorum view of the enclave issue implement the same type.
 */
export type ChainView = {
  readonly deployment: Deployment;
  block(tag: "latest" | bigint): Promise<ChainBlock>;
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
  enclaveKey(signer: Address, blockNumber: bigint): Promise<EnclaveKeyState>;
  /** Whether governance has banned the measurement of this key. */
  keyBanned(signer: Address, blockNumber: bigint): Promise<boolean>;
  node(nodeId: number, blockNumber: bigint): Promise<NodeState>;
  job(jobId: Hex, blockNumber: bigint): Promise<JobChainState>;
  /** Whether an account that is a contract calls this signature its own (ERC-1271). False where there is no contract. */
  signedBy(account: Address, digest: Hex, signature: Hex, blockNumber: bigint): Promise<boolean>;
};

const datasetStatus = ["none", "active", "erased", "erasing"] as const;
/** In the order of the contract's `JobStatus`. */
export const jobStatus = ["none", "open", "claimed", "settled", "failed", "timedOut", "cancelled", "read"] as const;
const keyState = ["none", "active", "draining", "frozen", "destroyed"] as const;

export function createChainView(
  client: Pick<PublicClient, "getBlock" | "readContract" | "call">,
  deployment: Deployment,
): ChainView {
  const registry = { address: deployment.datasetRegistry, abi: datasetRegistryAbi } as const;
  const nodes = { address: deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
  const market = { address: deployment.jobMarket, abi: jobMarketAbi } as const;
  return {
    deployment,
    async block(tag) {
      const block = await client.getBlock(tag === "latest" ? { blockTag: "latest" } : { blockNumber: tag });
      if (block.hash === null || block.number === null) {
        throw new PersonaError("CHAIN_UNREACHABLE", "The chain endpoint answered with a pending block.");
      }
      return { number: block.number, hash: block.hash, timestamp: block.timestamp };
    },
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
    async enclaveKey(signer, blockNumber) {
      const key = await client.readContract({ ...nodes, functionName: "enclaveKeyOf", args: [signer], blockNumber });
      const { nodeId, keyClass, sealUntil, openUntil, measurement, kemKeyHash } = key;
      return { nodeId, keyClass, sealUntil, openUntil, measurement, kemKeyHash, state: keyState[key.state] ?? "none" };
    },
    async keyBanned(signer, blockNumber) {
      const { banned } = await client.readContract({
        ...nodes,
        functionName: "keyStatusOf",
        args: [signer],
        blockNumber,
      });
      return banned;
    },
    async node(nodeId, blockNumber) {
      const { operator, endpoint, roles } = await client.readContract({
        ...nodes,
        functionName: "nodeOf",
        args: [nodeId],
        blockNumber,
      });
      return { operator, endpoint, roles };
    },
    async job(jobId, blockNumber) {
      const { attempt, status, signer, dueBy, commitment } = await client.readContract({
        ...market,
        functionName: "jobOf",
        args: [jobId],
        blockNumber,
      });
      return { attempt, signer, dueBy, commitment, status: jobStatus[status] ?? "none" };
    },
    async signedBy(account, digest, signature, blockNumber) {
      const { data } = await client.call({ data: contractSignatureCall(account, digest, signature), blockNumber });
      return data !== undefined && BigInt(data) === 1n;
    },
  };
}
