/** EIP-712 types and digests of every signed or hashed struct: docs/protocol.md sections 2, 4 and 5. */
import type { Address, Hex, TypedDataDomain } from "viem";
import type { Deployment } from "./deployment.ts";
import type { EnclaveBinding, JobSpec, Receipt, Scope, Terms } from "./structs.ts";
import { structDigest, typedDigest } from "./typedDigest.ts";

const NodePolicy = [
  { name: "verifierKinds", type: "uint32" },
  { name: "vendors", type: "uint32" },
  { name: "minStake", type: "uint96" },
  { name: "requesterMayNameNode", type: "bool" },
] as const;

const Terms = [
  { name: "owner", type: "address" },
  { name: "grantee", type: "address" },
  { name: "datasetId", type: "bytes32" },
  { name: "kind", type: "uint8" },
  { name: "maxUses", type: "uint32" },
  { name: "price", type: "uint96" },
  { name: "token", type: "address" },
  { name: "notBefore", type: "uint40" },
  { name: "expiresAt", type: "uint40" },
  { name: "keyEpoch", type: "uint32" },
  { name: "ownerEpoch", type: "uint32" },
  { name: "measurementEpoch", type: "uint40" },
  { name: "followUpgrades", type: "bool" },
  { name: "maxOutputBytes", type: "uint64" },
  { name: "nodePolicy", type: "NodePolicy" },
  { name: "scopeHash", type: "bytes32" },
  { name: "salt", type: "bytes32" },
] as const;

const Scope = [
  { name: "catalogueLength", type: "uint32" },
  { name: "cataloguePrefix", type: "bytes32" },
  { name: "segments", type: "uint256" },
  { name: "versionRule", type: "uint8" },
  { name: "versionFrom", type: "uint64" },
  { name: "versionTo", type: "uint64" },
  { name: "maxAge", type: "uint64" },
  { name: "programId", type: "bytes32" },
  { name: "argsRule", type: "uint8" },
  { name: "argsHash", type: "bytes32" },
  { name: "outputClass", type: "uint8" },
  { name: "outputSchemaHash", type: "bytes32" },
  { name: "minOwners", type: "uint32" },
  { name: "purpose", type: "uint32" },
  { name: "noticeHash", type: "bytes32" },
  { name: "recipientKeyHash", type: "bytes32" },
  { name: "salt", type: "bytes32" },
] as const;

const InputSpec = [
  { name: "datasetId", type: "bytes32" },
  { name: "keyEpoch", type: "uint32" },
  { name: "version", type: "uint64" },
  { name: "manifestDigest", type: "bytes32" },
  { name: "keyBoxDigest", type: "bytes32" },
  { name: "segments", type: "uint256" },
  { name: "grantHash", type: "bytes32" },
] as const;

const JobSpec = [
  { name: "jobId", type: "bytes32" },
  { name: "programId", type: "bytes32" },
  { name: "argsCommitment", type: "bytes32" },
  { name: "resultKeyHash", type: "bytes32" },
  { name: "outputClass", type: "uint8" },
  { name: "outputSchemaHash", type: "bytes32" },
  { name: "maxOutputBytes", type: "uint32" },
  { name: "inputs", type: "InputSpec[]" },
] as const;

const Receipt = [
  { name: "jobId", type: "bytes32" },
  { name: "jobSpecHash", type: "bytes32" },
  { name: "attempt", type: "uint32" },
  { name: "code", type: "uint16" },
  { name: "ciphertextDigest", type: "bytes32" },
  { name: "plaintextCommitment", type: "bytes32" },
  { name: "releasesHash", type: "bytes32" },
  { name: "outputBytes", type: "uint32" },
] as const;

const EnclaveBinding = [
  { name: "chainId", type: "uint256" },
  { name: "registry", type: "address" },
  { name: "signer", type: "address" },
  { name: "kemKeyHash", type: "bytes32" },
  { name: "operator", type: "address" },
  { name: "keyClass", type: "uint8" },
  { name: "blockNumber", type: "uint64" },
  { name: "blockHash", type: "bytes32" },
  { name: "epoch", type: "uint64" },
] as const;

const Revoke = [{ name: "grantHash", type: "bytes32" }] as const;

const RevokeAll = [
  { name: "owner", type: "address" },
  { name: "ownerEpoch", type: "uint32" },
] as const;

const ReleaseRequest = [
  { name: "jobId", type: "bytes32" },
  { name: "attempt", type: "uint32" },
  { name: "guardian", type: "uint32" },
  { name: "input", type: "uint32" },
  { name: "kemKeyHash", type: "bytes32" },
  { name: "bundleDigest", type: "bytes32" },
] as const;

const Release = [
  { name: "jobId", type: "bytes32" },
  { name: "jobSpecHash", type: "bytes32" },
  { name: "datasetId", type: "bytes32" },
  { name: "segments", type: "uint256" },
  { name: "signer", type: "address" },
  { name: "guardian", type: "uint32" },
  { name: "blockNumber", type: "uint64" },
  { name: "blockHash", type: "bytes32" },
  { name: "logHead", type: "bytes32" },
  { name: "sealedHash", type: "bytes32" },
] as const;

const Refusal = [
  { name: "jobId", type: "bytes32" },
  { name: "attempt", type: "uint32" },
  { name: "input", type: "uint32" },
  { name: "signer", type: "address" },
  { name: "guardian", type: "uint32" },
  { name: "requestHash", type: "bytes32" },
  { name: "reason", type: "uint16" },
  { name: "blockNumber", type: "uint64" },
  { name: "blockHash", type: "bytes32" },
  { name: "logHead", type: "bytes32" },
] as const;

const KeyBoxDeposit = [
  { name: "datasetId", type: "bytes32" },
  { name: "keyBoxDigest", type: "bytes32" },
  { name: "guardian", type: "uint32" },
  { name: "bodyHash", type: "bytes32" },
] as const;

const JobInput = [
  { name: "datasetId", type: "bytes32" },
  { name: "grantHash", type: "bytes32" },
  { name: "owner", type: "address" },
  { name: "price", type: "uint96" },
] as const;

const JobOrder = [
  { name: "requester", type: "address" },
  { name: "specHash", type: "bytes32" },
  { name: "bundleDigest", type: "bytes32" },
  { name: "token", type: "address" },
  { name: "fee", type: "uint96" },
  { name: "protocolFee", type: "uint96" },
  { name: "maxOutputBytes", type: "uint32" },
  { name: "inputs", type: "JobInput[]" },
] as const;

const JobOffer = [
  { name: "claimBy", type: "uint40" },
  { name: "runSeconds", type: "uint32" },
  { name: "namedNode", type: "uint32" },
  { name: "nodePolicy", type: "NodePolicy" },
] as const;

const JobParams = [
  { name: "order", type: "JobOrder" },
  { name: "offer", type: "JobOffer" },
] as const;

/** Field lists by struct name: the one source for typed data and for ABI encoding. */
export const structTypes = {
  NodePolicy,
  Terms,
  Scope,
  InputSpec,
  JobSpec,
  JobInput,
  JobOrder,
  JobOffer,
  JobParams,
  Receipt,
  EnclaveBinding,
  ReleaseRequest,
  Release,
  Refusal,
  KeyBoxDeposit,
} as const;

export type ReleaseRequest = {
  readonly jobId: Hex;
  readonly attempt: number;
  readonly guardian: number;
  readonly input: number;
  readonly kemKeyHash: Hex;
  readonly bundleDigest: Hex;
};

export type Release = {
  readonly jobId: Hex;
  readonly jobSpecHash: Hex;
  readonly datasetId: Hex;
  readonly segments: bigint;
  readonly signer: Address;
  readonly guardian: number;
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
  readonly logHead: Hex;
  readonly sealedHash: Hex;
};

export type Refusal = {
  readonly jobId: Hex;
  readonly attempt: number;
  readonly input: number;
  readonly signer: Address;
  readonly guardian: number;
  /** keccak of the whole request as the guardian received it: a host that alters one on its way proves nothing by the refusal. */
  readonly requestHash: Hex;
  readonly reason: number;
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
  readonly logHead: Hex;
};

export type KeyBoxDeposit = {
  readonly datasetId: Hex;
  readonly keyBoxDigest: Hex;
  readonly guardian: number;
  readonly bodyHash: Hex;
};

const domain = (name: string, chainId: number, verifyingContract: Address) =>
  ({ name, version: "1", chainId, verifyingContract }) as const satisfies TypedDataDomain;

const grantDomain = (d: Deployment) => domain("Persona GrantRegistry", d.chainId, d.grantRegistry);
const marketDomain = (d: Deployment) => domain("Persona JobMarket", d.chainId, d.jobMarket);
const nodeDomain = (d: Deployment) => domain("Persona NodeRegistry", d.chainId, d.nodeRegistry);
const datasetDomain = (d: Deployment) => domain("Persona DatasetRegistry", d.chainId, d.datasetRegistry);

/** Each returns the whole typed-data definition, ready for `signTypedData`, `hashTypedData` and `verifyTypedData`. */
export const typedData = {
  terms: (d: Deployment, message: Terms) =>
    ({ domain: grantDomain(d), types: { Terms, NodePolicy }, primaryType: "Terms", message }) as const,
  revoke: (d: Deployment, grantHash: Hex) =>
    ({ domain: grantDomain(d), types: { Revoke }, primaryType: "Revoke", message: { grantHash } }) as const,
  revokeAll: (d: Deployment, message: { readonly owner: Address; readonly ownerEpoch: number }) =>
    ({ domain: grantDomain(d), types: { RevokeAll }, primaryType: "RevokeAll", message }) as const,
  jobSpec: (d: Deployment, message: JobSpec) =>
    ({ domain: marketDomain(d), types: { JobSpec, InputSpec }, primaryType: "JobSpec", message }) as const,
  receipt: (d: Deployment, message: Receipt) =>
    ({ domain: marketDomain(d), types: { Receipt }, primaryType: "Receipt", message }) as const,
  releaseRequest: (d: Deployment, message: ReleaseRequest) =>
    ({ domain: marketDomain(d), types: { ReleaseRequest }, primaryType: "ReleaseRequest", message }) as const,
  release: (d: Deployment, message: Release) =>
    ({ domain: marketDomain(d), types: { Release }, primaryType: "Release", message }) as const,
  refusal: (d: Deployment, message: Refusal) =>
    ({ domain: marketDomain(d), types: { Refusal }, primaryType: "Refusal", message }) as const,
  enclaveBinding: (d: Deployment, message: EnclaveBinding) =>
    ({ domain: nodeDomain(d), types: { EnclaveBinding }, primaryType: "EnclaveBinding", message }) as const,
  keyBoxDeposit: (d: Deployment, message: KeyBoxDeposit) =>
    ({ domain: datasetDomain(d), types: { KeyBoxDeposit }, primaryType: "KeyBoxDeposit", message }) as const,
};

/** The id of a grant: EIP-712 digest of its Terms, bound to chain and contract. */
export const grantHashOf = (d: Deployment, terms: Terms): Hex => typedDigest(typedData.terms(d, terms));

/** hashStruct of the Scope, without a domain: Terms, which carry it, are bound to chain and contract. */
export const scopeHashOf = (scope: Scope): Hex => structDigest({ Scope }, "Scope", scope);

export const jobSpecHashOf = (d: Deployment, spec: JobSpec): Hex => typedDigest(typedData.jobSpec(d, spec));

export const receiptDigestOf = (d: Deployment, receipt: Receipt): Hex => typedDigest(typedData.receipt(d, receipt));

/** hashStruct(EnclaveBinding): the 32 bytes inside the evidence's report data. */
export const enclaveBindingHashOf = (binding: EnclaveBinding): Hex =>
  structDigest({ EnclaveBinding }, "EnclaveBinding", binding);
