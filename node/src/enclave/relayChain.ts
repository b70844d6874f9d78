import { PersonaError } from "@persona-protocol/sdk/errors";
import type { EIP1193RequestFn } from "viem";
import { z } from "zod";
import { createRpcRelay, type RpcRelay } from "../chain/rpcRelay.ts";
import type { Context } from "../context.ts";
import { relayedMethods } from "./runtime/chain/hostRpc.ts";
import type { PeerMethods } from "./runtime/peer.ts";

const params = z.strictObject({
  method: z.enum(relayedMethods),
  params: z.string().max(1024 * 1024),
  endpoint: z.number().int().min(0).default(0),
});

/**
 * All endpoints of a node, for an enclave that believes what they say alike.
 * @returns `place`: how the enclave is to ask them
 */
export function relayEndpoints({ config }: Pick<Context, "config">): {
  readonly methods: PeerMethods;
  readonly place: { readonly confirmations: number; readonly endpoints: number };
  close(): void;
} {
  const relays = endpointUrls(config).map(createRpcRelay);
  return {
    methods: relayChain(...relays.map(({ request }) => request)),
    place: placeOf(config),
    close() {
      for (const relay of relays) relay.close();
    },
  };
}

type Endpoints = Pick<Context["config"], "rpcUrl" | "rpcUrls" | "confirmations">;

const endpointUrls = ({ rpcUrl, rpcUrls }: Endpoints): readonly string[] => [rpcUrl, ...rpcUrls];

/** How a guardian's enclave is to ask the chain: through so many endpoints, and that far behind the newest block. */
export function placeOf(config: Endpoints): { readonly confirmations: number; readonly endpoints: number } {
  return { confirmations: config.confirmations, endpoints: endpointUrls(config).length };
}

/** What a host does for its enclave's chain view: carries read-only JSON-RPC to its endpoints, and nothing else. */
export function relayChain(...endpoints: readonly (EIP1193RequestFn | RpcRelay["request"])[]): PeerMethods {
  return {
    async rpc(value) {
      const call = params.parse(value);
      const request = endpoints[call.endpoint];
      if (request === undefined)
        throw new PersonaError("CHAIN_UNREACHABLE", "There is no such chain endpoint.", {
          data: { endpoint: call.endpoint },
        });
      try {
        const ask = request as RpcRelay["request"];
        const given: unknown = JSON.parse(call.params);
        if (call.method === "persona_receiptProof") {
          // Few jobs ask for it, and the trie takes a while to load.
          const { receiptProof, receiptProofParams } = await import("./receiptProof.ts");
          return JSON.stringify(await receiptProof(ask, receiptProofParams.parse(given)));
        }
        return JSON.stringify(await ask({ method: call.method, params: given }));
      } catch (cause) {
        throw new PersonaError("CHAIN_UNREACHABLE", "The chain endpoint failed a read for the enclave.", {
          data: { method: call.method },
          cause,
        });
      }
    },
  };
}
