import type { PersonaClient } from "@persona-protocol/sdk";
import { grantRegistryAbi } from "@persona-protocol/sdk/contracts";
import { useQuery } from "@tanstack/react-query";
import type { Address, Hex } from "viem";
import { blockRanges, chainNow, timeOfBlock } from "./chainEvents.ts";

/** Whether a grant can be used now, and if not, what ended it. */
export type GrantState = "active" | "revoked" | "expired" | "spent" | "paused" | "moved";

/** A grant as everybody sees it on the chain. Which program and which segments it covers is known to its parties alone. */
export type GrantRow = {
  readonly grantHash: Hex;
  readonly grantee: Address;
  readonly datasetId: Hex;
  readonly maxUses: number;
  readonly uses: number;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly state: GrantState;
};

export async function readGrants(persona: PersonaClient, owner: Address): Promise<readonly GrantRow[]> {
  const { client, deployment } = persona;
  const registry = { address: deployment.grantRegistry, abi: grantRegistryAbi } as const;
  const { blockNumber, now } = await chainNow(persona);
  const ownerEpoch = await client.readContract({
    ...registry,
    functionName: "ownerEpochOf",
    args: [owner],
    blockNumber,
  });
  const rows: GrantRow[] = [];
  const datasets = new Map((await persona.datasetsOf(owner)).map((dataset) => [dataset.datasetId, dataset]));
  for (const range of blockRanges(deployment, blockNumber)) {
    const created = await client.getContractEvents({
      ...registry,
      ...range,
      eventName: "GrantCreated",
      args: { owner },
      strict: true,
    });
    const found = await Promise.all(
      created.map(async ({ args, blockNumber: at }): Promise<GrantRow> => {
        const { grantHash, grantee, datasetId, maxUses, expiresAt } = args;
        const [grant, createdAt] = await Promise.all([
          client.readContract({ ...registry, functionName: "grantOf", args: [owner, grantHash], blockNumber }),
          timeOfBlock(persona, at),
        ]);
        const dataset = datasets.get(datasetId);
        const isRevoked = grant.status !== 1 || grant.ownerEpoch !== ownerEpoch;
        const state = isRevoked
          ? "revoked"
          : now >= expiresAt
            ? "expired"
            : grant.uses >= maxUses
              ? "spent"
              : dataset === undefined || dataset.keyEpoch !== grant.keyEpoch
                ? "moved"
                : dataset.status !== "active"
                  ? "paused"
                  : "active";
        return { grantHash, grantee, datasetId, maxUses, uses: grant.uses, createdAt, expiresAt, state };
      }),
    );
    rows.push(...found);
  }
  return rows.sort((a, b) => b.createdAt - a.createdAt);
}

export function useGrants(persona: PersonaClient, owner: Address) {
  return useQuery({
    queryKey: ["grants", persona.deployment.chainId, owner.toLowerCase()],
    queryFn: () => readGrants(persona, owner),
  });
}
