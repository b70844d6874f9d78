import { keyIdOf, seal } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import type { KeyBoxHead, SealedShare } from "./keyBox.ts";
import { type ChainContext, keyBoxShareInfo } from "./keyBoxBinding.ts";
import { verifyShare } from "./openKeyBox.ts";

/**
 * Seals a share that a guardian holds to another key of the same guardian. The head stays as it is: it commits to the share,
 * not to the key that it is sealed to.
 *
 * @throws GUARDIAN_SET_MISMATCH when the head does not name this guardian.
 * @throws KEYBOX_INVALID with `culprit: "guardian"` when the share is not the committed one: nobody passes on another.
 */
export async function sealShare(
  parameters: ChainContext & {
    readonly head: KeyBoxHead;
    readonly segment: number;
    /** Node id. */
    readonly guardian: number;
    /** KEM public key of 1,216 bytes. */
    readonly publicKey: Uint8Array;
    /** 33 bytes; stays the caller's to zeroise. */
    readonly share: Uint8Array;
  },
): Promise<SealedShare> {
  const { chainId, registry, head, segment, guardian, publicKey, share } = parameters;
  const position = head.guardians.indexOf(guardian);
  if (position < 0) {
    throw new PersonaError("GUARDIAN_SET_MISMATCH", "The KeyBox does not name this guardian.", {
      data: { datasetId: head.datasetId, guardian },
    });
  }
  verifyShare({ head, segment, position, share });
  const keyId = keyIdOf(publicKey);
  const info = keyBoxShareInfo({
    chainId,
    registry,
    datasetId: head.datasetId,
    keyEpoch: head.keyEpoch,
    nonce: head.nonce,
    segment,
    threshold: head.threshold,
    guardianCount: head.guardians.length,
    position,
    guardianKeyId: keyId,
  });
  return { index: segment, guardian, keyId, ...(await seal({ publicKey, info, plaintext: share })) };
}
