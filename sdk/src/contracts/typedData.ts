/** EIP-712 types and digests of every signed or hashed struct: docs/protocol.md sections 2, 4 and 5. Those that a page needs: coreTypedData.ts. */
import type { Address, Hex } from "viem";
import { coreStructTypes, coreTypedData, domain, grantDomain, marketDomain } from "./coreTypedData.ts";
import type { Deployment } from "./deployment.ts";
import type { EnclaveBinding } from "./structs.ts";
import { structDigest } from "./typedDigest.ts";

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
  ...coreStructTypes,
  JobInput,
  JobOrder,
  JobOffer,
  JobParams,
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

const nodeDomain = (d: Deployment) => domain("Persona NodeRegistry", d.chainId, d.nodeRegistry);
const datasetDomain = (d: Deployment) => domain("Persona DatasetRegistry", d.chainId, d.datasetRegistry);

/** Each returns the whole typed-data definition, ready for `signTypedData`, `hashTypedData` and `verifyTypedData`. */
export const typedData = {
  ...coreTypedData,
  revoke: (d: Deployment, grantHash: Hex) =>
    ({ domain: grantDomain(d), types: { Revoke }, primaryType: "Revoke", message: { grantHash } }) as const,
  revokeAll: (d: Deployment, message: { readonly owner: Address; readonly ownerEpoch: number }) =>
    ({ domain: grantDomain(d), types: { RevokeAll }, primaryType: "RevokeAll", message }) as const,
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

/** hashStruct(EnclaveBinding): the 32 bytes inside the evidence's report data. */
export const enclaveBindingHashOf = (binding: EnclaveBinding): Hex =>
  structDigest({ EnclaveBinding }, "EnclaveBinding", binding);
