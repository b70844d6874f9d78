/** What guardians and owners sign about the access log, and a log's entries: docs/protocol.md 4.5 and 4.6. */
import { type Address, encodeAbiParameters, type Hex, keccak256 } from "viem";
import type { Deployment } from "../contracts/deployment.ts";
import type { TreeHead } from "./merkleLog.ts";

const LogHead = [
  { name: "guardian", type: "uint32" },
  { name: "size", type: "uint64" },
  { name: "root", type: "bytes32" },
  { name: "blockNumber", type: "uint64" },
  { name: "blockHash", type: "bytes32" },
] as const;

const LogQuery = [
  { name: "datasetId", type: "bytes32" },
  { name: "guardian", type: "uint32" },
  { name: "from", type: "uint64" },
  { name: "limit", type: "uint32" },
  { name: "since", type: "uint64" },
  { name: "issuedAt", type: "uint40" },
] as const;

/** A moment of a guardian's log, signed by its enclave. */
export type LogHead = TreeHead & {
  readonly guardian: number;
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
};

/** What an owner asks of a guardian's log. */
export type LogQuery = {
  readonly datasetId: Hex;
  readonly guardian: number;
  /** Index in the whole log of the first entry that is wanted. */
  readonly from: number;
  /** Most entries of one answer. */
  readonly limit: number;
  /** Size of the head that the owner knows; the answer proves that it is the beginning of the present log. */
  readonly since: number;
  /** Unix seconds, as the chain counts. */
  readonly issuedAt: number;
};

const domain = (d: Deployment) =>
  ({ name: "Persona Guardian", version: "1", chainId: d.chainId, verifyingContract: d.nodeRegistry }) as const;

/** Each returns the whole typed-data definition. */
export const logTypedData = {
  head: (d: Deployment, { size, ...head }: LogHead) =>
    ({
      domain: domain(d),
      types: { LogHead },
      primaryType: "LogHead",
      message: { ...head, size: BigInt(size) },
    }) as const,
  query: (d: Deployment, { from, since, ...query }: LogQuery) =>
    ({
      domain: domain(d),
      types: { LogQuery },
      primaryType: "LogQuery",
      message: { ...query, from: BigInt(from), since: BigInt(since) },
    }) as const,
};

/** keccak(abi(uint64 size, bytes32 root)): how a log's head travels in every signed answer. */
export const logHeadHash = ({ size, root }: TreeHead): Hex =>
  keccak256(encodeAbiParameters([{ type: "uint64" }, { type: "bytes32" }], [BigInt(size), root]));

export type LogEntryKind = "release" | "refusal" | "revocation" | "destruction";

/** One line of a guardian's log. */
export type LogEntry = {
  readonly kind: LogEntryKind;
  /** 0 for a release, else the number of the refusal, or of what ended the shares. */
  readonly reason: number;
  /** The job or request to read; of a revocation the grant's hash, or zero where all grants of the owner were revoked; of a destruction the KeyBox's digest. */
  readonly jobId: Hex;
  readonly attempt: number;
  readonly input: number;
  readonly datasetId: Hex;
  /** Who asked; of a destruction the dataset's owner. */
  readonly signer: Address;
  readonly blockNumber: bigint;
  /** Random: the neighbours of an entry must not be guessed from its proof. */
  readonly salt: Hex;
};
