/** The structs of typedData.ts that a page hashes, signs or packs that asks for access and reads a result. */
import type { Address, Hex, TypedDataDomain } from "viem";
import type { Deployment } from "./deployment.ts";
import type { JobSpec, Receipt, Scope, Terms } from "./structs.ts";
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

export const coreStructTypes = { NodePolicy, Terms, Scope, InputSpec, JobSpec, Receipt } as const;

export const domain = (name: string, chainId: number, verifyingContract: Address) =>
  ({ name, version: "1", chainId, verifyingContract }) as const satisfies TypedDataDomain;

export const grantDomain = (d: Deployment) => domain("Persona GrantRegistry", d.chainId, d.grantRegistry);
export const marketDomain = (d: Deployment) => domain("Persona JobMarket", d.chainId, d.jobMarket);

export const coreTypedData = {
  terms: (d: Deployment, message: Terms) =>
    ({ domain: grantDomain(d), types: { Terms, NodePolicy }, primaryType: "Terms", message }) as const,
  jobSpec: (d: Deployment, message: JobSpec) =>
    ({ domain: marketDomain(d), types: { JobSpec, InputSpec }, primaryType: "JobSpec", message }) as const,
  receipt: (d: Deployment, message: Receipt) =>
    ({ domain: marketDomain(d), types: { Receipt }, primaryType: "Receipt", message }) as const,
};

/** The id of a grant: EIP-712 digest of its Terms, bound to chain and contract. */
export const grantHashOf = (d: Deployment, terms: Terms): Hex => typedDigest(coreTypedData.terms(d, terms));

/** hashStruct of the Scope, without a domain: Terms, which carry it, are bound to chain and contract. */
export const scopeHashOf = (scope: Scope): Hex => structDigest({ Scope }, "Scope", scope);

export const jobSpecHashOf = (d: Deployment, spec: JobSpec): Hex => typedDigest(coreTypedData.jobSpec(d, spec));

export const receiptDigestOf = (d: Deployment, receipt: Receipt): Hex => typedDigest(coreTypedData.receipt(d, receipt));
