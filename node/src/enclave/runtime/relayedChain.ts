import { type ChainView, createChainView, type Deployment } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { createPublicClient, custom } from "viem";
import type { Peer } from "./peer.ts";

/** Read-only methods an enclave may ask its host to relay; the host refuses all others. */
export const relayedMethods = [
  "eth_chainId",
  "eth_blockNumber",
  "eth_getBlockByNumber",
  "eth_call",
  "eth_getProof",
] as const;

const timeoutMs = 10_000;

/**
 * The chain as an enclave sees it: it has no network, so its host relays JSON-RPC. **Thin**: the answers are believed. Until
 * the proof-checked view of the enclave issue takes this place, a host that lies about the chain is held only by the other
 * guardians (t of n hosts must lie).
 *
 * @param endpoint which of the host's chain endpoints answers, from 0.
 */
export function relayedChain(peer: Pick<Peer, "call">, deployment: Deployment, endpoint = 0): ChainView {
  const transport = custom(
    {
      async request({ method, params }: { method: string; params?: unknown }) {
        const answer = await peer.call(
          "rpc",
          { method, params: JSON.stringify(params ?? []), endpoint },
          { timeoutMs },
        );
        if (typeof answer !== "string")
          throw new PersonaError("CHAIN_UNREACHABLE", "The host's relay answered with something else than JSON.");
        return JSON.parse(answer);
      },
    },
    { retryCount: 0 },
  );
  return createChainView(createPublicClient({ transport, cacheTime: 0 }), deployment);
}
