import { type Address, BaseError, isAddress } from "viem";
import type { ChainBlock, EnclaveKeyState, NodeView } from "../contracts/nodeView.ts";
import { KeyClass } from "../contracts/structs.ts";
import { KEM_PUBLIC_KEY_BYTES, keyIdOf } from "../crypto/hpke.ts";
import { PersonaError } from "../errors/index.ts";
import { decodeDagCbor } from "../storage/dagCbor.ts";
import { anyObject, bytesOf, type Decoded, mapped, text, where } from "../storage/decoders.ts";
import { getFromGuardian } from "./guardianHttp.ts";

export type Guardian = {
  readonly nodeId: number;
  readonly operator: Address;
  readonly endpoint: string;
  readonly kemPublicKey: Uint8Array;
};

const keyAnswer = anyObject({
  signer: mapped(
    where(text(42, 42), (value) => isAddress(value), "not an address"),
    (value) => value as Address,
  ),
  kemKey: bytesOf(KEM_PUBLIC_KEY_BYTES),
});

const options = { maxBytes: 16 * 1024, timeoutMs: 10_000 };

/**
 * The present keys of all these guardians, to seal shares to: they must last, so each key is active and takes new shares.
 * A key comes from the guardian and is believed only because the registry holds its hash, under an attested guardian key of
 * that very node.
 * @throws PersonaError GUARDIANS_UNAVAILABLE, NODE_KEY_UNKNOWN, NODE_KEY_INACTIVE, NODE_KEY_EXPIRED, MEASUREMENT_BANNED
 */
export async function resolveGuardians(chain: NodeView, nodeIds: readonly number[]): Promise<Guardian[]> {
  const block = await chain.block("latest");
  return Promise.all(nodeIds.map((nodeId) => askGuardian(chain, block, nodeId, requireSealing)));
}

export type GuardianFailure = { readonly nodeId: number; readonly error: Error };

/**
 * Those of these guardians that can open something now, in the given order, to seal the key of one job to: a draining key
 * still opens. Whether they are enough is for the caller to judge; one that fails vetoes nothing.
 */
export async function findGuardians(
  chain: NodeView,
  nodeIds: readonly number[],
): Promise<{ readonly guardians: readonly Guardian[]; readonly failures: readonly GuardianFailure[] }> {
  const block = await chain.block("latest");
  const guardians: Guardian[] = [];
  const failures: GuardianFailure[] = [];
  const answers = await Promise.allSettled(nodeIds.map((nodeId) => askGuardian(chain, block, nodeId, requireOpening)));
  for (const [i, answer] of answers.entries()) {
    if (answer.status === "fulfilled") guardians.push(answer.value);
    else failures.push({ nodeId: nodeIds[i] ?? 0, error: expectedFailure(answer.reason) });
  }
  return { guardians, failures };
}

type KeyRule = (nodeId: number, key: EnclaveKeyState, block: ChainBlock) => void;

async function askGuardian(chain: NodeView, block: ChainBlock, nodeId: number, rule: KeyRule): Promise<Guardian> {
  const { operator, endpoint } = await chain.node(nodeId, block.number);
  // Whoever registered the node chose the text.
  if (!URL.canParse(endpoint))
    throw new PersonaError("GUARDIANS_UNAVAILABLE", "The node has no endpoint.", { data: { nodeId } });
  const bytes = await getFromGuardian(endpoint, "/key", {
    maxBytes: options.maxBytes,
    signal: AbortSignal.timeout(options.timeoutMs),
  });
  const { signer, kemKey } = decodeKeyAnswer(bytes, nodeId);
  const key = await chain.enclaveKey(signer, block.number);
  if (key.nodeId !== nodeId || key.keyClass !== KeyClass.guardian || key.kemKeyHash !== keyIdOf(kemKey)) {
    throw new PersonaError("NODE_KEY_UNKNOWN", "The guardian showed a key that the registry does not hold for it.", {
      data: { nodeId, signer },
    });
  }
  if (key.banned)
    throw new PersonaError("MEASUREMENT_BANNED", "The measurement of the guardian's key is banned.", {
      data: { nodeId, signer, measurement: key.measurement },
    });
  rule(nodeId, key, block);
  return { nodeId, operator, endpoint, kemPublicKey: kemKey };
}

function decodeKeyAnswer(bytes: Uint8Array, nodeId: number): Decoded<typeof keyAnswer> {
  try {
    return keyAnswer(decodeDagCbor(bytes));
  } catch (cause) {
    throw new PersonaError("GUARDIANS_UNAVAILABLE", "The guardian's answer is malformed.", { data: { nodeId }, cause });
  }
}

function requireSealing(nodeId: number, { state, sealUntil }: EnclaveKeyState, { timestamp }: ChainBlock): void {
  if (state !== "active")
    throw new PersonaError("NODE_KEY_INACTIVE", "The guardian's key takes no new shares.", { data: { nodeId, state } });
  if (BigInt(sealUntil) <= timestamp)
    throw new PersonaError("NODE_KEY_EXPIRED", "The guardian's key takes no new shares any more.", {
      data: { nodeId },
    });
}

function requireOpening(nodeId: number, { state, openUntil }: EnclaveKeyState, { timestamp }: ChainBlock): void {
  if (state !== "active" && state !== "draining")
    throw new PersonaError("NODE_KEY_INACTIVE", "The guardian's key opens nothing.", { data: { nodeId, state } });
  if (BigInt(openUntil) <= timestamp)
    throw new PersonaError("NODE_KEY_EXPIRED", "The guardian's key opens nothing any more.", { data: { nodeId } });
}

/** What a guardian or the chain can do wrong; anything else is a bug of ours, and is not counted as a guardian's. */
function expectedFailure(error: unknown): Error {
  if (error instanceof PersonaError || error instanceof BaseError) return error;
  throw error;
}
