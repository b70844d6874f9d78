import type { Hex } from "viem";
import type { Deployment } from "../contracts/index.ts";

const Writer = [
  { name: "kind", type: "uint8" },
  { name: "id", type: "bytes32" },
] as const;
const WriterPublication = [
  { name: "datasetId", type: "bytes32" },
  { name: "writer", type: "Writer" },
  { name: "previousHead", type: "bytes32" },
  { name: "version", type: "uint48" },
  { name: "keyEpoch", type: "uint32" },
  { name: "manifestDigest", type: "bytes32" },
  { name: "segments", type: "uint256" },
  { name: "deadline", type: "uint40" },
] as const;

/** 1: a key, its address right-aligned; 2: a measurement, whose enclave keys may all publish. */
export type WriterId = { readonly kind: 1 | 2; readonly id: Hex };

/** A writer's version, as its key signs it (docs/protocol.md 3.5). */
export type WriterPublication = {
  readonly datasetId: Hex;
  readonly writer: WriterId;
  readonly previousHead: Hex;
  readonly version: number;
  readonly keyEpoch: number;
  readonly manifestDigest: Hex;
  readonly segments: bigint;
  readonly deadline: number;
};

/** For `signTypedData`: an enclave signs, and whoever has gas sends it. */
export const writerTypedData = ({ chainId, datasetRegistry }: Deployment, message: WriterPublication) =>
  ({
    domain: { name: "Persona DatasetRegistry", version: "1", chainId, verifyingContract: datasetRegistry },
    types: { WriterPublication, Writer },
    primaryType: "WriterPublication",
    message,
  }) as const;
