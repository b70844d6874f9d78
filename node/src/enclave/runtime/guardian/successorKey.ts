import { type EnclaveKeyState, KeyClass } from "@persona-protocol/sdk/contracts";
import { keyIdOf } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Address } from "viem";
import { blocksOf, type GuardianChain } from "./guardianChain.ts";

/** @param chain as all endpoints show it: what one alone says moves and ends nothing */
type Place = { readonly chain: GuardianChain; readonly nodeId: number };

/**
 * The key that takes over a guardian's shares: its own of the next period, one of a replica, or one of an upgraded enclave.
 * Which code holds it the registry judged when it took the key's evidence, and a ban judges again: so a host can name any key
 * it likes, and moves shares between attested enclaves of one guardian only. Asked at the newest blocks and at the confirmed
 * one.
 * @throws PersonaError NODE_KEY_UNKNOWN, NODE_KEY_INACTIVE, NODE_KEY_EXPIRED, MEASUREMENT_BANNED
 */
export async function requireSuccessorKey(
  place: Place,
  successor: { readonly signer: Address; readonly kemKey: Uint8Array },
): Promise<void> {
  const { chain, nodeId } = place;
  const { signer, kemKey } = successor;
  for (const block of blocksOf(await chain.look())) {
    const key = await chain.view.enclaveKey(signer, block.number);
    if (key.nodeId !== nodeId || key.keyClass !== KeyClass.guardian || key.kemKeyHash !== keyIdOf(kemKey)) {
      throw new PersonaError("NODE_KEY_UNKNOWN", "The successor's key is no guardian key of this node.", {
        data: { nodeId, signer },
      });
    }
    if (key.state !== "active") {
      throw new PersonaError("NODE_KEY_INACTIVE", "The successor's key takes no shares.", {
        data: { nodeId, signer, state: key.state },
      });
    }
    if (BigInt(key.sealUntil) <= block.timestamp) {
      throw new PersonaError("NODE_KEY_EXPIRED", "The successor's key takes no shares any more.", {
        data: { nodeId, signer },
      });
    }
    requireAllowed(key, signer);
  }
}

/**
 * This enclave's own key must still be one that opens something. A host that brings back sealed keys of before a rotation gets
 * nothing: the registry holds them as destroyed. A frozen or banned key hands nothing over either, or a ban would be no ban.
 * @throws PersonaError NODE_KEY_UNKNOWN, NODE_KEY_INACTIVE, NODE_KEY_EXPIRED, MEASUREMENT_BANNED
 */
export async function requireUnsealedKey(place: Place, signer: Address): Promise<void> {
  const { chain, nodeId } = place;
  const look = await chain.look();
  for (const block of blocksOf(look)) {
    const key = await chain.view.enclaveKey(signer, block.number);
    // A key that was registered a moment ago is not at the blocks before yet.
    if (key.nodeId === 0 && block.number !== look.newest.number) continue;
    if (key.nodeId !== nodeId || key.keyClass !== KeyClass.guardian) {
      throw new PersonaError("NODE_KEY_UNKNOWN", "The enclave's key is no guardian key of this node.", {
        data: { nodeId, signer },
      });
    }
    if (key.state !== "active" && key.state !== "draining") {
      throw new PersonaError("NODE_KEY_INACTIVE", `The enclave's key is ${key.state}: it opens nothing.`, {
        data: { nodeId, signer, state: key.state },
      });
    }
    if (BigInt(key.openUntil) <= block.timestamp) {
      throw new PersonaError("NODE_KEY_EXPIRED", "The enclave's key opens nothing any more.", {
        data: { nodeId, signer },
      });
    }
    requireAllowed(key, signer);
  }
}

function requireAllowed({ banned }: EnclaveKeyState, signer: Address): void {
  if (!banned) return;
  throw new PersonaError(
    "MEASUREMENT_BANNED",
    "The measurement of the key is banned: its shares stay where they are.",
    {
      data: { signer },
    },
  );
}
