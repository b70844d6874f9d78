import { type Hex, isAddressEqual, type PublicClient } from "viem";
import { createChainView, type Deployment, datasetRegistryAbi } from "../contracts/index.ts";
import { PersonaError } from "../errors/index.ts";
import { type DatasetHead, type DatasetVersions, datasetHeadHash, type HeadObjects } from "../storage/index.ts";

const headEvents = ["DatasetRegistered", "DatasetPublished", "DatasetWritten"] as const;

/**
 * Every head that a dataset has had up to a block, from the registry's events: what `planGarbage` and `readLinkedManifests` need. The newest of them
 * is held against the hash that the registry stores, so an endpoint that leaves events out is noticed; one that lies about
 * everything is not.
 *
 * @param blockNumber as deep as the caller wants to be sure: versions of later blocks are neither kept nor let go.
 * @throws DATASET_UNKNOWN when there was no such dataset at that block.
 * @throws CHAIN_UNREACHABLE when the events are not all there.
 */
export async function readDatasetVersions(
  client: Pick<PublicClient, "getContractEvents" | "getBlock" | "readContract" | "call">,
  deployment: Deployment,
  { datasetId, blockNumber, fromBlock = 0n }: { datasetId: Hex; blockNumber: bigint; fromBlock?: bigint },
): Promise<DatasetVersions> {
  const { status, headHash } = await createChainView(client, deployment).dataset(datasetId, blockNumber);
  if (status === "none")
    throw new PersonaError("DATASET_UNKNOWN", "The chain has no such dataset.", { data: { datasetId } });
  const events = await Promise.all(
    headEvents.map((eventName) =>
      client.getContractEvents({
        address: deployment.datasetRegistry,
        abi: datasetRegistryAbi,
        eventName,
        args: { datasetId },
        fromBlock,
        toBlock: blockNumber,
        strict: true,
      }),
    ),
  );
  const heads = events
    .flat()
    .filter(({ address }) => isAddressEqual(address, deployment.datasetRegistry))
    .sort((a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex)
    .map(({ args }): DatasetHead & HeadObjects => ({
      ...args.head,
      ...("segments" in args ? { written: args.segments } : {}),
    }));
  const head = heads.pop();
  if (head === undefined || datasetHeadHash(head) !== headHash) {
    throw new PersonaError("CHAIN_UNREACHABLE", "The endpoint does not give all events of the dataset.", {
      data: { datasetId, blockNumber },
    });
  }
  return { datasetId, status, head, former: heads };
}
