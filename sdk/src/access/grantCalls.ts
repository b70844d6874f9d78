import { type Address, isAddressEqual } from "viem";
import {
  type ChainClient,
  type ContractCall,
  contractCall,
  type Deployment,
  datasetRegistryAbi,
  grantHashOf,
  grantRegistryAbi,
  type Terms,
} from "../contracts/index.ts";
import { PersonaError } from "../errors/index.ts";
import type { Dataset } from "./publishDataset.ts";

type At = Pick<Deployment, "grantRegistry" | "datasetRegistry">;

export const grantCall = ({ grantRegistry: address }: At, terms: Terms): ContractCall =>
  contractCall({ address, abi: grantRegistryAbi, functionName: "grant", args: [terms] });

/**
 * Ends a grant for ever, also one that was signed and never submitted.
 * @throws PersonaError OWNER_MISMATCH: the registry would take a stranger's revocation, and it would end nothing
 */
export function revokeCall(
  { client, deployment }: { readonly client: Pick<ChainClient, "account">; readonly deployment: Deployment },
  { terms }: { readonly terms: Terms },
): ContractCall {
  const caller = client.account.address;
  if (!isAddressEqual(caller, terms.owner)) {
    const data = { caller, owner: terms.owner };
    throw new PersonaError("OWNER_MISMATCH", "Only its owner can revoke a grant.", { data });
  }
  const { grantRegistry: address } = deployment;
  return contractCall({
    address,
    abi: grantRegistryAbi,
    functionName: "revoke",
    args: [grantHashOf(deployment, terms)],
  });
}

export const revokeAllCall = ({ grantRegistry: address }: At): ContractCall =>
  contractCall({ address, abi: grantRegistryAbi, functionName: "revokeAll", args: [] });

type Named = Pick<Dataset, "datasetId">;

const ofDataset =
  (functionName: "eraseDataset" | "restoreDataset" | "concludeErasure") =>
  ({ datasetRegistry: address }: At, { datasetId }: Named): ContractCall =>
    contractCall({ address, abi: datasetRegistryAbi, functionName, args: [datasetId] });

/** Begins an erasure: every grant stops at once, the owner can restore the dataset for some days, then it is final. */
export const eraseDatasetCall = ofDataset("eraseDataset");
export const restoreDatasetCall = ofDataset("restoreDataset");
export const concludeErasureCall = ofDataset("concludeErasure");

/** Offers a dataset to another account, which takes it two days later at the earliest, in a new key epoch. */
export const offerDatasetCall = (
  { datasetRegistry: address }: At,
  { datasetId, to }: Named & { readonly to: Address },
): ContractCall =>
  contractCall({ address, abi: datasetRegistryAbi, functionName: "offerDataset", args: [datasetId, to] });

/** Takes an offered dataset. Its former owner keeps what it has read; grants end. */
export const acceptDatasetCall = ({ datasetRegistry: address }: At, { datasetId }: Named): ContractCall =>
  contractCall({ address, abi: datasetRegistryAbi, functionName: "acceptDataset", args: [datasetId] });
