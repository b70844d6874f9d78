import { type Address, encodeAbiParameters, type Hex, keccak256 } from "viem";
import type { Deployment } from "./deployment.ts";

const idParameters = [{ type: "uint256" }, { type: "address" }, { type: "address" }, { type: "bytes32" }] as const;

/** keccak(abi(chainId, registry, first owner, salt)): the owner knows it before the dataset is registered. */
export function datasetIdOf(d: Deployment, firstOwner: Address, salt: Hex): Hex {
  return keccak256(encodeAbiParameters(idParameters, [BigInt(d.chainId), d.datasetRegistry, firstOwner, salt]));
}

/** keccak(abi(chainId, market, requester, salt)): the requester knows it before the job is submitted. */
export function jobIdOf(d: Deployment, requester: Address, salt: Hex): Hex {
  return keccak256(encodeAbiParameters(idParameters, [BigInt(d.chainId), d.jobMarket, requester, salt]));
}
