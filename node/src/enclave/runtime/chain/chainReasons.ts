/**
 * What the contracts' `releasable` and `readable` answer, from the same words of storage: JobMarket._releaseReason,
 * JobMarket._readReason and GrantRegistry.checkRelease, check by check. `test/node/enclave/provedChain.test.ts` holds them
 * against the contracts.
 */
import {
  type DatasetSlot,
  type EnclaveKeyState,
  type GrantSlot,
  type JobOrder,
  type JobParams,
  type JobSlot,
  jobOrderHashOf,
  jobParamsHashOf,
  KeyClass,
} from "@persona-protocol/sdk/contracts";
import type { ErrorCode } from "@persona-protocol/sdk/errors";
import { type Address, encodeAbiParameters, type Hex, keccak256, zeroHash } from "viem";

/** What a claim's key is worth, with its node's part in it. */
export type KeyStatus = Pick<EnclaveKeyState, "nodeId" | "keyClass" | "state" | "openUntil"> & {
  readonly verifierKind: number;
  readonly vendor: number;
  readonly measurementEpoch: number;
  readonly banned: boolean;
  /** Of its node, in the stake token's smallest unit. */
  readonly stake: bigint;
};

export type JobRecord = JobSlot & { readonly commitment: Hex };

/** What one input hangs on. */
export type InputRecords = { readonly dataset: DatasetSlot; readonly grant: GrantSlot; readonly ownerEpoch: number };

const workerClass = KeyClass.worker;

/** @param timestamp of the block, in Unix seconds @param records of the input, asked for only when all before it is well */
export async function releaseReason(
  {
    key,
    job,
    params,
    input,
    signer,
    timestamp,
  }: {
    readonly key: KeyStatus;
    readonly job: JobRecord;
    readonly params: JobParams;
    readonly input: number;
    readonly signer: Address;
    readonly timestamp: bigint;
  },
  records: () => Promise<InputRecords>,
): Promise<ErrorCode | undefined> {
  if (key.keyClass !== workerClass) return "NODE_KEY_UNKNOWN";
  if (timestamp >= BigInt(key.openUntil)) return "NODE_KEY_EXPIRED";
  if (key.state !== "active" && key.state !== "draining") return "NODE_KEY_INACTIVE";
  if (key.banned) return "MEASUREMENT_BANNED";

  if (job.status === "none") return "JOB_UNKNOWN";
  if (job.status !== "open" && job.status !== "claimed") return "JOB_NOT_CLAIMED";
  if (job.commitment !== jobParamsHashOf(params)) return "JOB_PARAMS_MISMATCH";
  if (job.status !== "claimed") return "JOB_NOT_CLAIMED";
  if (job.signer !== signer) return "JOB_CLAIMED_BY_OTHER";
  if (timestamp > BigInt(job.dueBy)) return "JOB_DEADLINE_PASSED";
  const granted = params.order.inputs[input];
  if (granted === undefined) return "INPUT_UNKNOWN";

  const objection = grantReason(await records(), granted.owner, key.measurementEpoch, timestamp);
  if (objection !== undefined) return objection;
  const { verifierKinds, vendors, minStake } = params.offer.nodePolicy;
  const admitted = isIn(verifierKinds, key.verifierKind) && isIn(vendors, key.vendor) && key.stake >= minStake;
  return admitted ? undefined : "NODE_POLICY_MISMATCH";
}

export async function readReason(
  job: JobRecord,
  order: JobOrder,
  timestamp: bigint,
  records: () => Promise<InputRecords>,
): Promise<ErrorCode | undefined> {
  if (job.status !== "read") return "JOB_UNKNOWN";
  const words = [jobOrderHashOf(order), zeroHash] as const;
  if (job.commitment !== keccak256(encodeAbiParameters([{ type: "bytes32" }, { type: "bytes32" }], words)))
    return "JOB_PARAMS_MISMATCH";
  if (timestamp > BigInt(job.dueBy)) return "JOB_DEADLINE_PASSED";
  const [granted] = order.inputs;
  if (granted === undefined) return "INPUT_UNKNOWN";
  return grantReason(await records(), granted.owner, 0, timestamp);
}

function grantReason(
  { dataset, grant, ownerEpoch }: InputRecords,
  owner: Address,
  measurementEpoch: number,
  timestamp: bigint,
): ErrorCode | undefined {
  if (dataset.status === "none") return "DATASET_UNKNOWN";
  if (dataset.status !== "active") return "DATASET_ERASED";
  if (grant.status === "none") return "GRANT_UNKNOWN";
  if (grant.status === "revoked" || grant.ownerEpoch !== ownerEpoch) return "GRANT_REVOKED";
  if (timestamp >= BigInt(grant.expiresAt)) return "GRANT_EXPIRED";
  if (owner !== dataset.owner) return "OWNER_MISMATCH";
  if (grant.keyEpoch !== dataset.keyEpoch) return "KEY_EPOCH_OLD";
  if (measurementEpoch > grant.measurementEpoch && !grant.followUpgrades) return "MEASUREMENT_NOT_GRANTED";
  return undefined;
}

/** @param bits 32 of them; an index beyond finds none. */
const isIn = (bits: number, index: number): boolean => index < 32 && ((bits >>> index) & 1) === 1;
