/** EIP-712 types of messages that only contracts hash so far: contracts/types/Publication.sol, Writer.sol, Availability.sol. */
import type { TypedDataParameter } from "viem";

const Publication = [
  { name: "datasetId", type: "bytes32" },
  { name: "previousHead", type: "bytes32" },
  { name: "version", type: "uint48" },
  { name: "manifestDigest", type: "bytes32" },
  { name: "keyBoxDigest", type: "bytes32" },
  { name: "guardianSetHash", type: "bytes32" },
  { name: "keyEpoch", type: "uint32" },
  { name: "appended", type: "bytes32[]" },
  { name: "deadline", type: "uint40" },
] as const satisfies readonly TypedDataParameter[];

const Writer = [
  { name: "kind", type: "uint8" },
  { name: "id", type: "bytes32" },
] as const satisfies readonly TypedDataParameter[];

const WriterPublication = [
  { name: "datasetId", type: "bytes32" },
  { name: "writer", type: "Writer" },
  { name: "previousHead", type: "bytes32" },
  { name: "version", type: "uint48" },
  { name: "keyEpoch", type: "uint32" },
  { name: "manifestDigest", type: "bytes32" },
  { name: "segments", type: "uint256" },
  { name: "deadline", type: "uint40" },
] as const satisfies readonly TypedDataParameter[];

const WriterRemoval = [
  { name: "datasetId", type: "bytes32" },
  { name: "kind", type: "uint8" },
  { name: "id", type: "bytes32" },
  { name: "setAt", type: "uint40" },
] as const satisfies readonly TypedDataParameter[];

const Availability = [
  { name: "jobId", type: "bytes32" },
  { name: "ciphertextDigest", type: "bytes32" },
  { name: "outputBytes", type: "uint32" },
] as const satisfies readonly TypedDataParameter[];

const AvailabilityBatch = [
  { name: "results", type: "Availability[]" },
] as const satisfies readonly TypedDataParameter[];

export const contractTypes = {
  Publication: { Publication },
  WriterPublication: { WriterPublication, Writer },
  WriterRemoval: { WriterRemoval },
  AvailabilityBatch: { AvailabilityBatch, Availability },
} as const;
