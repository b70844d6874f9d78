import type { PersonaClient } from "@persona-protocol/sdk";
import { grantRegistryAbi } from "@persona-protocol/sdk/contracts";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Address } from "viem";
import { type OpenedGrant, openGrants } from "../vault/records.ts";
import type { Vault } from "../vault/vault.ts";
import { chainNow } from "./chainEvents.ts";
import { type GrantRow, useGrants } from "./grants.ts";

/** A grant with what its owner knows of it, where the owner's records are open. */
export type OwnGrant = GrantRow & {
  readonly known: OpenedGrant | undefined;
  /** Signed and handed over, and not on the chain yet: whoever has it can still use it. */
  readonly isSigned: boolean;
};

/** Grants that were signed and never used: only their owner and whoever has them know of them. */
async function readSigned(
  persona: PersonaClient,
  owner: Address,
  grants: readonly OpenedGrant[],
): Promise<readonly OwnGrant[]> {
  const { client, deployment } = persona;
  const registry = { address: deployment.grantRegistry, abi: grantRegistryAbi } as const;
  const { blockNumber, now } = await chainNow(persona);
  const ownerEpoch = await client.readContract({
    ...registry,
    functionName: "ownerEpochOf",
    args: [owner],
    blockNumber,
  });
  const rows = await Promise.all(
    grants.map(async (known): Promise<OwnGrant | undefined> => {
      const { grantHash, grant, at } = known;
      const { status } = await client.readContract({
        ...registry,
        functionName: "grantOf",
        args: [owner, grantHash],
        blockNumber,
      });
      // It has been used meanwhile: the chain's list has it.
      if (status === 1) return undefined;
      const { grantee, datasetId, maxUses, expiresAt, ownerEpoch: epoch } = grant.terms;
      const isRevoked = status !== 0 || epoch !== ownerEpoch;
      const state = isRevoked ? "revoked" : now >= expiresAt ? "expired" : "active";
      return {
        grantHash,
        grantee,
        datasetId,
        maxUses,
        uses: 0,
        createdAt: at,
        expiresAt,
        state,
        known,
        isSigned: true,
      };
    }),
  );
  return rows.filter((row) => row !== undefined);
}

/** All grants of an owner, those that were only signed too. */
export function useOwnGrants(persona: PersonaClient, owner: Address, vault: Vault | undefined) {
  const onChain = useGrants(persona, owner);
  const known = useMemo(
    () => (vault === undefined ? [] : openGrants(persona.deployment, vault.content.records)),
    [persona, vault],
  );
  const listed = new Set((onChain.data ?? []).map(({ grantHash }) => grantHash));
  // A copy without a signature is of a transaction that was declined or is under way: nobody can use it yet.
  const unlisted = known.filter(({ grantHash, grant }) => grant.signature !== undefined && !listed.has(grantHash));
  const signed = useQuery({
    queryKey: [
      "signed grants",
      persona.deployment.chainId,
      owner.toLowerCase(),
      unlisted.map((each) => each.grantHash),
    ],
    queryFn: () => readSigned(persona, owner, unlisted),
    enabled: onChain.data !== undefined && unlisted.length > 0,
  });
  const byHash = new Map(known.map((each) => [each.grantHash, each]));
  const grants: readonly OwnGrant[] = [
    ...(unlisted.length === 0 ? [] : (signed.data ?? [])),
    ...(onChain.data ?? []).map((row) => ({ ...row, known: byHash.get(row.grantHash), isSigned: false })),
  ];
  // An empty list that was not read says nothing: nobody may take it for "nobody".
  const isKnown = onChain.data !== undefined;
  return { grants, isKnown, isPending: onChain.isPending, error: onChain.error ?? signed.error };
}
