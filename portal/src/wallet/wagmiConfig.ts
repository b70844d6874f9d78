import { type Chain, defineChain } from "viem";
import { type Config, type CreateConnectorFn, createConfig, fallback, http } from "wagmi";
import type { PortalConfig } from "../app/config.ts";

export function chainOf({ network }: PortalConfig): Chain {
  return defineChain({
    id: network.chainId,
    name: network.name,
    nativeCurrency: network.currency,
    rpcUrls: { default: { http: network.rpcUrls } },
  });
}

/** Wallets announce themselves (EIP-6963); none is built in. WalletConnect is there for who came by it last time, where the page was built with it. */
export async function createWagmiConfig(config: PortalConfig): Promise<Config> {
  const chain = chainOf(config);
  const connectors: CreateConnectorFn[] = [];
  if (__WALLETCONNECT_PROJECT_ID__ !== "" && cameByWalletConnect()) {
    const { walletConnectBy } = await import("./walletConnect.ts");
    connectors.push(walletConnectBy());
  }
  return createConfig({
    chains: [chain],
    connectors,
    transports: { [chain.id]: fallback(config.network.rpcUrls.map((url) => http(url))) },
  });
}

/** As wagmi keeps it. */
function cameByWalletConnect(): boolean {
  try {
    return localStorage.getItem("wagmi.recentConnectorId") === '"walletConnect"';
  } catch {
    return false;
  }
}
