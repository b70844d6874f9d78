import type { Deployment } from "@persona-protocol/sdk/contracts";
import { type Address, getAddress, type Hex, keccak256, size, slice, toBytes, toHex } from "viem";

/** 32 bytes that stand for something, the same in every run. */
export const hash = (name: string): Hex => keccak256(toBytes(`persona vectors: ${name}`));

export const address = (name: string): Address => getAddress(slice(hash(name), 12));

export type ContractName =
  | "DatasetRegistry"
  | "GrantRegistry"
  | "NodeRegistry"
  | "JobMarket"
  | "AppRegistry"
  | "OwnerKeys";

/** Addresses at which nothing was ever deployed: Solidity tests put the contracts there. */
export const typicalDeployment: Deployment = {
  chainId: 11_155_111,
  datasetRegistry: address("DatasetRegistry"),
  grantRegistry: address("GrantRegistry"),
  nodeRegistry: address("NodeRegistry"),
  measurementPolicy: address("MeasurementPolicy"),
  jobMarket: address("JobMarket"),
  appRegistry: address("AppRegistry"),
  ownerKeys: address("OwnerKeys"),
  fromBlock: 0n,
};

const last = getAddress(toHex((1n << 160n) - 1n, { size: size(typicalDeployment.jobMarket) }));

/** The largest chain id that a JavaScript number holds. A domain's name still tells the contracts apart. */
export const largestDeployment: Deployment = {
  chainId: Number.MAX_SAFE_INTEGER,
  datasetRegistry: last,
  grantRegistry: last,
  nodeRegistry: last,
  measurementPolicy: last,
  jobMarket: last,
  appRegistry: last,
  ownerKeys: last,
  fromBlock: 0n,
};
