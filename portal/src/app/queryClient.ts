import { QueryClient } from "@tanstack/react-query";

/**
 * What was read stays on the screen while the chain does not answer: it is marked as old, never emptied. Everything is read anew
 * every few seconds, and at once after something was written, here or in another tab.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      refetchInterval: 6_000,
      retry: 1,
      retryDelay: 800,
      // Amounts are bigints, which structural sharing cannot compare: it would render everything each time.
      structuralSharing: false,
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("persona-portal") : undefined;

/** After a write: what is shown here and in other tabs of this page is read again. */
export async function refreshAll(): Promise<void> {
  channel?.postMessage("changed");
  await queryClient.invalidateQueries();
}

channel?.addEventListener("message", () => void queryClient.invalidateQueries());
