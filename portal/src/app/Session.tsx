import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { type Address, type EIP1193Provider, getAddress, isAddress, isAddressEqual } from "viem";
import { useConnection } from "wagmi";
import type { PortalConfig } from "./config.ts";

/** Whose things are looked at, and who could change them. */
export type Session = {
  readonly config: PortalConfig;
  /** The account whose data, grants and earnings are shown: the wallet's own unless another was asked for. */
  readonly owner: Address | undefined;
  readonly wallet:
    | {
        readonly address: Address;
        readonly chainId: number | undefined;
        readonly name: string;
        readonly provider: EIP1193Provider | undefined;
      }
    | undefined;
  /** The wallet is the owner that is shown. */
  readonly isOwn: boolean;
  /** The wallet is there, is the owner's, and on the right chain: what is written goes to it. */
  readonly canWrite: boolean;
  /** Looks at another account, or at the wallet's own again. */
  readonly look: (address: Address | undefined) => void;
};

const SessionContext = createContext<Session | undefined>(undefined);
const key = "persona-looking-at";

export function SessionProvider({ config, children }: { config: PortalConfig; children: ReactNode }) {
  const [looked, setLooked] = useState<Address | undefined>(keptAddress);
  const { address, chainId, connector, status } = useConnection();
  const connected = status === "connected" && address !== undefined;
  const { data: provider } = useQuery({
    queryKey: ["provider", connector?.uid ?? "", address ?? ""],
    queryFn: async () => ((await connector?.getProvider()) ?? null) as EIP1193Provider | null,
    enabled: connected,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: false,
  });
  const session = useMemo((): Session => {
    const wallet =
      connected && address !== undefined
        ? { address, chainId, name: connector?.name ?? "wallet", provider: provider ?? undefined }
        : undefined;
    const owner = looked ?? wallet?.address;
    const isOwn = wallet !== undefined && owner !== undefined && isAddressEqual(wallet.address, owner);
    return {
      config,
      owner,
      wallet,
      isOwn,
      canWrite: isOwn && wallet?.provider !== undefined && wallet.chainId === config.network.chainId,
      look(next) {
        keepAddress(next);
        setLooked(next);
      },
    };
  }, [config, looked, connected, address, chainId, connector, provider]);
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error("outside of the session");
  return session;
}

function keptAddress(): Address | undefined {
  try {
    const text = sessionStorage.getItem(key) ?? "";
    return isAddress(text) ? getAddress(text) : undefined;
  } catch {
    return undefined;
  }
}

function keepAddress(address: Address | undefined): void {
  try {
    if (address === undefined) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, address);
  } catch {
    // A browser that keeps nothing: the choice ends with the page.
  }
}
