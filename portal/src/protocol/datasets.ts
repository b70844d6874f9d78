import type { PersonaClient } from "@persona-protocol/sdk";
import { datasetRegistryAbi } from "@persona-protocol/sdk/contracts";
import {
  cidOfDigest,
  type DatasetHead,
  decodeKeyBoxHead,
  type KeyBoxHead,
  MAX_KEY_BOX_HEAD_BYTES,
} from "@persona-protocol/sdk/storage";
import { useQuery } from "@tanstack/react-query";
import type { Address, Hex } from "viem";
import type { PortalConfig } from "../app/config.ts";
import { readPublicBlock } from "../storage/portalStores.ts";
import { timeOfBlock } from "./chainEvents.ts";

export type DatasetVersion = { readonly head: DatasetHead; readonly at: number };

/** A dataset as everybody sees it: how many segments it has, and who guards its keys; never what is in it. */
export type DatasetRow = {
  readonly datasetId: Hex;
  readonly status: "none" | "active" | "erasing" | "erased";
  readonly version: number;
  readonly keyEpoch: number;
  /** The oldest first. */
  readonly versions: readonly DatasetVersion[];
  /** Unix seconds; set while it is being erased. */
  readonly erasureFinalAt: number | undefined;
};

const headEvents = ["DatasetRegistered", "DatasetPublished", "DatasetWritten"] as const;

export async function readDatasets(persona: PersonaClient, owner: Address): Promise<readonly DatasetRow[]> {
  const { client, deployment } = persona;
  const registry = { address: deployment.datasetRegistry, abi: datasetRegistryAbi } as const;
  const owned = await persona.datasetsOf(owner);
  return Promise.all(
    owned.map(async ({ datasetId, status, version, keyEpoch }): Promise<DatasetRow> => {
      const [events, finalAt] = await Promise.all([
        Promise.all(
          headEvents.map((eventName) =>
            client.getContractEvents({
              ...registry,
              eventName,
              args: { datasetId },
              fromBlock: deployment.fromBlock,
              strict: true,
            }),
          ),
        ),
        status === "erasing"
          ? client.readContract({ ...registry, functionName: "erasureFinalAt", args: [datasetId] })
          : undefined,
      ]);
      const heads = events.flat().sort((a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex);
      const versions = await Promise.all(
        heads.map(async ({ args, blockNumber }) => ({ head: args.head, at: await timeOfBlock(persona, blockNumber) })),
      );
      return {
        datasetId,
        status,
        version: Number(version),
        keyEpoch,
        versions,
        erasureFinalAt: finalAt === undefined ? undefined : Number(finalAt),
      };
    }),
  );
}

export function useDatasets(persona: PersonaClient, owner: Address) {
  return useQuery({
    queryKey: ["datasets", persona.deployment.chainId, owner.toLowerCase()],
    queryFn: () => readDatasets(persona, owner),
  });
}

/** Who keeps the shares of a dataset's keys: public, in a block that the chain names by its digest. */
export async function readKeyBoxHead(config: PortalConfig, { keyBoxDigest }: DatasetHead): Promise<KeyBoxHead> {
  const cid = cidOfDigest(keyBoxDigest, "dag-cbor");
  return decodeKeyBoxHead(await readPublicBlock(config, cid, MAX_KEY_BOX_HEAD_BYTES));
}
