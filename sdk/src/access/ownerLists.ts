import { type Address, type Hex, isAddressEqual } from "viem";
import {
  type ChainClient,
  createChainView,
  type DatasetState,
  type Deployment,
  datasetRegistryAbi,
  explainChainError,
  grantRegistryAbi,
} from "../contracts/index.ts";
import { eventRanges } from "./eventRanges.ts";

type Context = {
  readonly client: Pick<ChainClient, "call" | "getBlock" | "getContractEvents" | "readContract">;
  readonly deployment: Deployment;
};

export type OwnedDataset = Pick<DatasetState, "status" | "keyEpoch" | "version"> & { readonly datasetId: Hex };

/** What an account owns now, in the order in which it came by it; erased ones too. @throws PersonaError CHAIN_UNREACHABLE */
export async function datasetsOf(context: Context, owner: Address): Promise<readonly OwnedDataset[]> {
  const { client, deployment } = context;
  try {
    const registry = { address: deployment.datasetRegistry, abi: datasetRegistryAbi, strict: true } as const;
    const chain = createChainView(client, deployment);
    const { number } = await chain.block("latest");
    const ids = new Set<Hex>();
    for (const range of eventRanges(deployment, number)) {
      const [registered, received] = await Promise.all([
        client.getContractEvents({ ...registry, ...range, eventName: "DatasetRegistered", args: { owner } }),
        client.getContractEvents({ ...registry, ...range, eventName: "DatasetTransferred", args: { to: owner } }),
      ]);
      for (const { args } of [...registered, ...received]) ids.add(args.datasetId);
    }
    const states = await Promise.all(
      [...ids].map(async (datasetId) => ({ datasetId, ...(await chain.dataset(datasetId, number)) })),
    );
    return states
      .filter((state) => isAddressEqual(state.owner, owner))
      .map(({ datasetId, status, keyEpoch, version }) => ({ datasetId, status, keyEpoch, version }));
  } catch (error) {
    throw await explainChainError(error, "the list of datasets");
  }
}

export type OwnedGrant = {
  readonly grantHash: Hex;
  readonly grantee: Address;
  readonly datasetId: Hex;
  readonly usesLeft: number;
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly state: "active" | "revoked" | "expired" | "spent";
};

/**
 * The grants of an owner that the chain knows. One that was signed and handed over is not there before its first job: `revokeAll` ends
 * it all the same.
 * @throws PersonaError CHAIN_UNREACHABLE
 */
export async function grantsOf(context: Context, owner: Address): Promise<readonly OwnedGrant[]> {
  const { client, deployment } = context;
  try {
    const registry = { address: deployment.grantRegistry, abi: grantRegistryAbi } as const;
    const { number: blockNumber, timestamp } = await client.getBlock({ blockTag: "latest" });
    const at = { ...registry, blockNumber };
    const ownerEpoch = await client.readContract({ ...at, functionName: "ownerEpochOf", args: [owner] });
    const grants: OwnedGrant[] = [];
    for (const range of eventRanges(deployment, blockNumber)) {
      const created = { ...registry, ...range, eventName: "GrantCreated", args: { owner }, strict: true } as const;
      for (const { args } of await client.getContractEvents(created)) {
        const { grantHash, grantee, datasetId, maxUses, expiresAt } = args;
        const grant = await client.readContract({ ...at, functionName: "grantOf", args: [owner, grantHash] });
        const usesLeft = maxUses - grant.uses;
        const revoked = grant.status !== 1 || grant.ownerEpoch !== ownerEpoch;
        const over = Number(timestamp) >= expiresAt ? "expired" : usesLeft === 0 ? "spent" : "active";
        grants.push({ grantHash, grantee, datasetId, usesLeft, expiresAt, state: revoked ? "revoked" : over });
      }
    }
    return grants;
  } catch (error) {
    throw await explainChainError(error, "the list of grants");
  }
}
