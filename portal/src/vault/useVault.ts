import { useQuery } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import type { Address } from "viem";
import { useSession } from "../app/Session.tsx";
import { keptLocks, type LockKind } from "./locks.ts";
import { openedVault, subscribeVault, type Vault } from "./vault.ts";

export type VaultState =
  | { readonly status: "reading" | "absent" | "locked"; readonly vault: undefined }
  | { readonly status: "open"; readonly vault: Vault };

/** Whether the owner's private records are on this device, and open. */
export function useVault(
  owner: Address,
): VaultState & { readonly place: { chainId: number; owner: Address }; readonly locks: readonly LockKind[] } {
  const { config } = useSession();
  const { chainId } = config.network;
  const place = useMemo(() => ({ chainId, owner }), [chainId, owner]);
  const vault = useSyncExternalStore(subscribeVault, () => openedVault(place));
  const { data: locks = [], isPending } = useQuery({
    queryKey: ["keystore", place.chainId, owner.toLowerCase(), vault === undefined],
    queryFn: () => keptLocks(place),
    refetchInterval: false,
  });
  if (vault !== undefined) return { status: "open", vault, place, locks };
  const status = isPending ? "reading" : locks.length === 0 ? "absent" : "locked";
  return { status, vault: undefined, place, locks };
}
