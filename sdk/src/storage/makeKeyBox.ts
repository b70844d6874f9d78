import type { Hex } from "viem";
import {
  isThreshold,
  KEM_PUBLIC_KEY_BYTES,
  keyIdOf,
  MAX_SHARES,
  randomBytes,
  seal,
  splitSecret,
  toHex,
  zeroise,
} from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import {
  encodeKeyBoxBody,
  encodeKeyBoxHead,
  type KeyBoxBody,
  type KeyBoxHead,
  type SealedDek,
  type SealedShare,
} from "./keyBox.ts";
import {
  type ChainContext,
  dekCommitment,
  keyBoxOwnerInfo,
  keyBoxShareInfo,
  shareCommitment,
} from "./keyBoxBinding.ts";

/**
 * Splits each segment's data key among the guardians and seals it to the owner, with a fresh nonce and fresh polynomials.
 * The data keys stay the caller's to zeroise.
 *
 * @throws KEYBOX_INVALID unless 2 ≤ threshold ≤ guardians ≤ 16, all guardians and their keys differ, and each data key has
 * 32 bytes.
 */
export async function makeKeyBox(parameters: makeKeyBox.Parameters): Promise<makeKeyBox.ReturnType> {
  checkParameters(parameters);
  const { chainId, registry, datasetId, keyEpoch, threshold, guardians } = parameters;
  const set = { datasetId, keyEpoch, nonce: toHex(randomBytes(32)) };
  const recipients = guardians.map((guardian) => ({ ...guardian, keyId: keyIdOf(guardian.kemPublicKey) }));

  const segments: KeyBoxHead["segments"][number][] = [];
  const owner: SealedDek[] = [];
  const shares: SealedShare[] = [];
  for (const [index, dek] of [...parameters.deks].sort(([left], [right]) => left - right)) {
    const secrets = await splitSecret(dek, { threshold, shares: guardians.length });
    try {
      segments.push({
        index,
        dekCommitment: dekCommitment(set, index, dek),
        shareCommitments: secrets.map((share, position) => shareCommitment(set, index, position, share)),
      });
      const facts = { chainId, registry, ...set, segment: index };
      const [forOwner, ...forGuardians] = await Promise.all([
        seal({ publicKey: parameters.ownerPublicKey, info: keyBoxOwnerInfo(facts), plaintext: dek }),
        ...recipients.map(async ({ nodeId, kemPublicKey, keyId }, position): Promise<SealedShare> => {
          const info = keyBoxShareInfo({
            ...facts,
            threshold,
            guardianCount: recipients.length,
            position,
            guardianKeyId: keyId,
          });
          const plaintext = secrets[position] ?? new Uint8Array();
          return { index, guardian: nodeId, keyId, ...(await seal({ publicKey: kemPublicKey, info, plaintext })) };
        }),
      ]);
      owner.push({ index, ...forOwner });
      shares.push(...forGuardians);
    } finally {
      zeroise(...secrets);
    }
  }

  const head: KeyBoxHead = { ...set, threshold, guardians: guardians.map(({ nodeId }) => nodeId), segments };
  const { bytes: headBytes, keyBoxDigest } = encodeKeyBoxHead(head);
  const body: KeyBoxBody = { keyBoxDigest, ownerKeyId: keyIdOf(parameters.ownerPublicKey), owner, shares };
  return { head, headBytes, keyBoxDigest, body, bodyBytes: encodeKeyBoxBody(body) };
}

export declare namespace makeKeyBox {
  type Parameters = ChainContext & {
    readonly datasetId: Hex;
    readonly keyEpoch: number;
    readonly threshold: number;
    /** In the order that `guardianSetHash` is made from. */
    readonly guardians: readonly { readonly nodeId: number; readonly kemPublicKey: Uint8Array }[];
    /** KEM key derived from the owner's root key. */
    readonly ownerPublicKey: Uint8Array;
    /** Segment index → data key of 32 bytes. */
    readonly deks: ReadonlyMap<number, Uint8Array>;
  };
  type ReturnType = {
    readonly head: KeyBoxHead;
    readonly headBytes: Uint8Array;
    /** sha256 of `headBytes`, for the chain. */
    readonly keyBoxDigest: Hex;
    readonly body: KeyBoxBody;
    readonly bodyBytes: Uint8Array;
  };
}

function checkParameters(parameters: makeKeyBox.Parameters): void {
  const { threshold, guardians, deks } = parameters;
  const invalid = (message: string, data: Record<string, string | number> = {}): PersonaError =>
    new PersonaError("KEYBOX_INVALID", message, { data });
  if (!isThreshold(threshold, guardians.length)) {
    throw invalid(`A KeyBox needs 2 <= threshold <= guardians <= ${MAX_SHARES}.`, {
      threshold,
      guardians: guardians.length,
    });
  }
  if (new Set(guardians.map(({ nodeId }) => nodeId)).size !== guardians.length)
    throw invalid("A guardian is named twice.");
  // Two names with one key would let one party hold two shares, and lower the threshold without anyone seeing it.
  if (new Set(guardians.map(({ kemPublicKey }) => keyIdOf(kemPublicKey))).size !== guardians.length) {
    throw invalid("Two guardians have the same key.");
  }
  for (const key of [parameters.ownerPublicKey, ...guardians.map(({ kemPublicKey }) => kemPublicKey)]) {
    if (key.length !== KEM_PUBLIC_KEY_BYTES) throw invalid("A public key has the wrong length.", { bytes: key.length });
  }
  for (const [segment, dek] of deks) {
    if (dek.length !== 32) throw invalid("A data key does not have 32 bytes.", { segment, bytes: dek.length });
  }
}
