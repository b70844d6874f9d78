import type { ChainBlock } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { EnclaveIdentity } from "../enclaveIdentity.ts";
import type { GuardianChain } from "./guardianChain.ts";

/**
 * A guardian's key that governance has frozen, whose measurement is banned or whose time is over releases nothing; its shares
 * stay where they are.
 * @throws PersonaError GUARDIANS_UNAVAILABLE
 */
export async function requireOwnKey(
  {
    chain: { view },
    identity,
    nodeId,
  }: { readonly chain: GuardianChain; readonly identity: EnclaveIdentity; readonly nodeId: number },
  { number, timestamp }: ChainBlock,
): Promise<void> {
  const signer = identity.account.address;
  const key = await view.enclaveKey(signer, number);
  const works = key.nodeId === nodeId && (key.state === "active" || key.state === "draining");
  if (works && !key.banned && timestamp < BigInt(key.openUntil)) return;
  throw new PersonaError("GUARDIANS_UNAVAILABLE", "The guardian's own key may not open anything now.", {
    data: { guardian: nodeId, state: key.state, banned: String(key.banned), openUntil: key.openUntil },
  });
}
