import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createConfig, http, WagmiProvider } from "wagmi";
import { App } from "./App.tsx";
import { findNetwork, type Network } from "./network.ts";
import { Problem } from "./Problem.tsx";
import "./style.css";

const root = createRoot(document.getElementById("root") as HTMLElement);
try {
  const network = await findNetwork();
  await offerTestWallet(network);
  const { chain, rpcUrl } = network;
  // Wallets of the browser announce themselves (EIP-6963): none is named here.
  const config = createConfig({ chains: [chain], transports: { [chain.id]: http(rpcUrl) } });
  root.render(
    <StrictMode>
      <WagmiProvider config={config}>
        <QueryClientProvider client={new QueryClient()}>
          <App network={network} />
        </QueryClientProvider>
      </WagmiProvider>
    </StrictMode>,
  );
} catch (error) {
  root.render(<Problem error={error} />);
}

/** Only where money is not worth anything. */
async function offerTestWallet(network: Network): Promise<void> {
  if (network.chain.id !== 31_337 && network.chain.id !== 1_337) return;
  const { announceTestWallet } = await import("./testWallet.ts");
  announceTestWallet(network);
}
