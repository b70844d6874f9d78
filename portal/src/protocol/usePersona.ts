import { createPersonaClient, type PersonaClient } from "@persona-protocol/sdk";
import { useMemo } from "react";
import type { Address } from "viem";
import { isLocalChain } from "../app/config.ts";
import { useSession } from "../app/Session.tsx";
import { portalStores } from "../storage/portalStores.ts";
import { chainOf } from "../wallet/wagmiConfig.ts";
import { portalTransport } from "./portalTransport.ts";

/**
 * The SDK's client for the account that is shown. It signs and sends only when that account is the wallet's: the views ask
 * `canWrite` before they offer anything that does.
 */
export function usePersona(owner: Address): PersonaClient {
  const { config, wallet, isOwn } = useSession();
  const provider = isOwn ? wallet?.provider : undefined;
  return useMemo(() => {
    const { network, deployment, token, guardians } = config;
    return createPersonaClient({
      chain: chainOf(config),
      transport: portalTransport(network.rpcUrls, provider),
      account: owner,
      deployment,
      storage: portalStores(config).store,
      token: token.address,
      guardians,
      pollingInterval: isLocalChain(network.chainId) ? 300 : 4_000,
    });
  }, [config, owner, provider]);
}
