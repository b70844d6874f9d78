/**
 * The structs that contracts, guardians, enclaves and wallets hash: docs/protocol.md sections 4 and 5.
 * Field order and types equal `contracts/types/`; test/sdk/contracts compares both.
 */
import type { Address, Hex } from "viem";

/** Bitmaps over verifier kinds and vendors: zero allows nobody. `minStake` in the stake token's smallest unit. */
export type NodePolicy = {
  readonly verifierKinds: number;
  readonly vendors: number;
  readonly minStake: bigint;
  readonly requesterMayNameNode: boolean;
};

/** Public half of a grant. Times and `measurementEpoch` are Unix seconds, `price` per use in the token's smallest unit. */
export type Terms = {
  readonly owner: Address;
  readonly grantee: Address;
  readonly datasetId: Hex;
  readonly kind: number;
  readonly maxUses: number;
  readonly price: bigint;
  readonly token: Address;
  readonly notBefore: number;
  readonly expiresAt: number;
  readonly keyEpoch: number;
  readonly ownerEpoch: number;
  readonly measurementEpoch: number;
  readonly followUpgrades: boolean;
  readonly maxOutputBytes: bigint;
  readonly nodePolicy: NodePolicy;
  readonly scopeHash: Hex;
  readonly salt: Hex;
};

/** Private half of a grant, opened to guardians, enclave and requester only. `segments` is a bitmap over catalogue indexes. */
export type Scope = {
  readonly catalogueLength: number;
  readonly cataloguePrefix: Hex;
  readonly segments: bigint;
  readonly versionRule: number;
  readonly versionFrom: bigint;
  readonly versionTo: bigint;
  readonly maxAge: bigint;
  readonly programId: Hex;
  readonly argsRule: number;
  readonly argsHash: Hex;
  readonly outputClass: number;
  readonly outputSchemaHash: Hex;
  readonly minOwners: number;
  readonly purpose: number;
  readonly noticeHash: Hex;
  readonly recipientKeyHash: Hex;
  readonly salt: Hex;
};

export type JobInput = {
  readonly datasetId: Hex;
  readonly grantHash: Hex;
  readonly owner: Address;
  readonly price: bigint;
};

/** What is run, and what it pays. `protocolFee` follows from fee and prices: the market sets it when the job is posted. */
export type JobOrder = {
  readonly requester: Address;
  readonly specHash: Hex;
  readonly bundleDigest: Hex;
  readonly token: Address;
  readonly fee: bigint;
  readonly protocolFee: bigint;
  readonly maxOutputBytes: number;
  readonly inputs: readonly JobInput[];
};

/** Who may run it, and when: `claimBy` in Unix seconds, `runSeconds` from the claim to its deadline. */
export type JobOffer = {
  readonly claimBy: number;
  readonly runSeconds: number;
  readonly namedNode: number;
  readonly nodePolicy: NodePolicy;
};

/** All that is public about a job. The contract keeps its hash; the JobSubmitted event carries it whole. */
export type JobParams = {
  readonly order: JobOrder;
  readonly offer: JobOffer;
};

export type InputSpec = {
  readonly datasetId: Hex;
  readonly keyEpoch: number;
  readonly version: bigint;
  readonly manifestDigest: Hex;
  readonly keyBoxDigest: Hex;
  readonly segments: bigint;
  readonly grantHash: Hex;
};

export type JobSpec = {
  readonly jobId: Hex;
  readonly programId: Hex;
  readonly argsCommitment: Hex;
  readonly resultKeyHash: Hex;
  readonly outputClass: number;
  readonly outputSchemaHash: Hex;
  readonly maxOutputBytes: number;
  readonly inputs: readonly InputSpec[];
};

export type Receipt = {
  readonly jobId: Hex;
  readonly jobSpecHash: Hex;
  readonly attempt: number;
  readonly code: number;
  readonly ciphertextDigest: Hex;
  readonly plaintextCommitment: Hex;
  readonly releasesHash: Hex;
  readonly outputBytes: number;
};

export type EnclaveBinding = {
  readonly chainId: bigint;
  readonly registry: Address;
  readonly signer: Address;
  readonly kemKeyHash: Hex;
  readonly operator: Address;
  readonly keyClass: number;
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
  readonly epoch: bigint;
};

export const GrantKind = { compute: 1, read: 2 } as const;
export const VersionRule = { exact: 1, range: 2, live: 3 } as const;
export const ArgsRule = { none: 1, exact: 2, schema: 3 } as const;
export const OutputClass = { aggregate: 1, bounded: 2, raw: 3 } as const;
export const KeyClass = { worker: 1, guardian: 2 } as const;
/** Bits of `NodePolicy.verifierKinds`: bit 0 is the simulated TEE, refused on any chain id but 31337 and 1337. */
export const VerifierKind = { simulated: 1 << 0, dcap: 1 << 1, quorum: 1 << 2 } as const;
/** Bits of `NodePolicy.vendors`: bit 0 is "no silicon" (simulation). */
export const Vendor = { none: 1 << 0, intel: 1 << 1, amd: 1 << 2, aws: 1 << 3 } as const;
