import { type ChainBlock, keyOpens } from "@persona-protocol/sdk/contracts";
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
  if (key.nodeId === nodeId && keyOpens(key, { timestamp })) return;
  throw new PersonaError("GUARDIANS_UNAVAILABLE", "The guardian's own key may not open anything now.", {
    data: { guardian: nodeId, state: key.state, banned: String(key.banned), openUntil: key.openUntil },
  });
}
