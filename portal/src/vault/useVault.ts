import { useQuery } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import type { Address } from "viem";
import { useSession } from "../app/Session.tsx";
import { keptKeystore, openedVault, subscribeVault, type Vault } from "./vault.ts";

export type VaultState =
  | { readonly status: "reading" | "absent" | "locked"; readonly vault: undefined }
  | { readonly status: "open"; readonly vault: Vault };

/** Whether the owner's private records are on this device, and open. */
export function useVault(owner: Address): VaultState & { readonly place: { chainId: number; owner: Address } } {
  const { config } = useSession();
  const { chainId } = config.network;
  const place = useMemo(() => ({ chainId, owner }), [chainId, owner]);
  const vault = useSyncExternalStore(subscribeVault, () => openedVault(place));
  const { data, isPending } = useQuery({
    queryKey: ["keystore", place.chainId, owner.toLowerCase(), vault === undefined],
    queryFn: async () => (await keptKeystore(place)) ?? null,
    refetchInterval: false,
  });
  if (vault !== undefined) return { status: "open", vault, place };
  return { status: isPending ? "reading" : data === null ? "absent" : "locked", vault: undefined, place };
}
