import { PersonaError } from "@persona-protocol/sdk/errors";
import type { EIP1193RequestFn } from "viem";
import { z } from "zod";
import type { PeerMethods } from "./runtime/peer.ts";
import { relayedMethods } from "./runtime/relayedChain.ts";

const params = z.strictObject({ method: z.enum(relayedMethods), params: z.string().max(1024 * 1024) });

/** What a host does for its enclave's chain view: carries read-only JSON-RPC, and nothing else. */
export function relayChain(request: EIP1193RequestFn): PeerMethods {
  return {
    async rpc(value) {
      const call = params.parse(value);
      try {
        return JSON.stringify(
          await request({ method: call.method, params: JSON.parse(call.params) } as Parameters<EIP1193RequestFn>[0]),
        );
      } catch (cause) {
        throw new PersonaError("CHAIN_UNREACHABLE", "The chain endpoint failed a read for the enclave.", {
          data: { method: call.method },
          cause,
        });
      }
    },
  };
}
