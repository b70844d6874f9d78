import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Peer } from "../peer.ts";

/** Read-only methods an enclave may ask its host to relay; the host refuses all others. */
export const relayedMethods = [
  "eth_chainId",
  "eth_blockNumber",
  "eth_getBlockByNumber",
  "eth_call",
  "eth_getProof",
  /** Made by the host out of `eth_getBlockReceipts`. */
  "persona_receiptProof",
] as const;

/** One read of the chain, through the host: the answer is anybody's. @throws PersonaError CHAIN_UNREACHABLE */
export type HostRpc = (method: (typeof relayedMethods)[number], params: unknown) => Promise<unknown>;

const timeoutMs = 10_000;

/** @param endpoint which of the host's chain endpoints answers, from 0 */
export function createHostRpc(peer: Pick<Peer, "call">, endpoint: number): HostRpc {
  return async (method, params) => {
    const answer = await peer.call("rpc", { method, params: JSON.stringify(params), endpoint }, { timeoutMs });
    if (typeof answer !== "string") throw unusable("something else than JSON");
    try {
      return JSON.parse(answer);
    } catch {
      throw unusable("something else than JSON");
    }
  };
}

export function unusable(what: string): PersonaError {
  return new PersonaError("CHAIN_UNREACHABLE", `The host's relay answered with ${what}.`);
}
