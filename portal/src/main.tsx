import "./app/noEval.ts";
import "./style.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { WagmiProvider } from "wagmi";
import { App } from "./app/App.tsx";
import { loadConfig } from "./app/loadConfig.ts";
import { queryClient } from "./app/queryClient.ts";
import { SessionProvider } from "./app/Session.tsx";
import { applyTheme } from "./app/theme.ts";
import { createWagmiConfig } from "./wallet/wagmiConfig.ts";

applyTheme();
const place = document.getElementById("portal");
if (place === null) throw new Error("index.html has no place for the page");
const root = createRoot(place);

try {
  const config = await loadConfig();
  const wagmi = await createWagmiConfig(config);
  root.render(
    <WagmiProvider config={wagmi}>
      <QueryClientProvider client={queryClient}>
        <SessionProvider config={config}>
          <App />
        </SessionProvider>
      </QueryClientProvider>
    </WagmiProvider>,
  );
} catch (error) {
  root.render(
    <main className="alone">
      <div className="notice notice-bad" role="alert">
        <h1>The page cannot start</h1>
        <p>{error instanceof Error ? error.message : "Its settings cannot be read."}</p>
        <p>Nothing was sent anywhere. Reload it, or tell whoever serves this page what stands above.</p>
      </div>
    </main>,
  );
}
