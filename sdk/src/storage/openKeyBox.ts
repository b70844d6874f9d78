import type { Hex } from "viem";
import {
  combineSecret,
  type KemKeyPair,
  type KemPrivateKey,
  keyIdOf,
  open,
  type SealedBox,
  zeroise,
} from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { type KeyBoxBody, type KeyBoxHead, SHARE_BYTES } from "./keyBox.ts";
import {
  type ChainContext,
  dekCommitment,
  keyBoxOwnerInfo,
  keyBoxShareInfo,
  shareCommitment,
} from "./keyBoxBinding.ts";

/**
 * What a guardian does: opens one sealed share, with an `info` rebuilt from what the chain says, and checks it against
 * the head's commitment.
 *
 * @throws GUARDIAN_SET_MISMATCH when the head does not name this guardian.
 * @throws SHARE_UNKNOWN when the head has no such segment.
 * @throws SEALED_BOX_INVALID when the box was sealed for another chain, registry, dataset, key epoch, set of shares,
 * segment, position or key.
 * @throws KEYBOX_INVALID with `culprit: "dealer"` when the box opens but its share is not the committed one: whoever made
 * the KeyBox lied to this guardian.
 */
export async function openShare(parameters: openShare.Parameters): Promise<openShare.ReturnType> {
  const { head, segment, guardian, keyPair } = parameters;
  checkHead(head, parameters);
  const position = head.guardians.indexOf(guardian);
  if (position < 0) {
    throw new PersonaError("GUARDIAN_SET_MISMATCH", "The KeyBox does not name this guardian.", {
      data: { datasetId: head.datasetId, guardian },
    });
  }
  const commitment = segmentOf(head, segment).shareCommitments[position];
  const share = await open({
    privateKey: keyPair.privateKey,
    info: keyBoxShareInfo({
      chainId: parameters.chainId,
      registry: parameters.registry,
      datasetId: parameters.datasetId,
      keyEpoch: parameters.keyEpoch,
      nonce: head.nonce,
      segment,
      threshold: head.threshold,
      guardianCount: head.guardians.length,
      position,
      guardianKeyId: keyPair.keyId ?? keyIdOf(keyPair.publicKey),
    }),
    enc: parameters.sealed.enc,
    ct: parameters.sealed.ct,
  });
  if (share.length !== SHARE_BYTES || shareCommitment(head, segment, position, share) !== commitment) {
    zeroise(share);
    throw new PersonaError("KEYBOX_INVALID", "The KeyBox's maker sealed a share that is not the one it committed to.", {
      data: { culprit: "dealer", datasetId: head.datasetId, segment, guardian, position },
    });
  }
  return { share, position };
}

export declare namespace openShare {
  /** `datasetId` and `keyEpoch` as the chain has them; `head` as `verifyKeyBoxHead` returned it. */
  type Parameters = ChainContext & {
    readonly datasetId: Hex;
    readonly keyEpoch: number;
    readonly head: KeyBoxHead;
    readonly segment: number;
    /** Own node id. */
    readonly guardian: number;
    readonly keyPair: {
      readonly publicKey: Uint8Array;
      readonly privateKey: KemPrivateKey;
      /** Of the public key, where the caller knows it: hashing it takes a tenth as long as opening a share. */
      readonly keyId?: Hex;
    };
    readonly sealed: SealedBox;
  };
  type ReturnType = {
    /** 33 bytes, secret; the caller zeroises it. */
    readonly share: Uint8Array;
    /** Place in the list of guardians, from 0. */
    readonly position: number;
  };
}

/**
 * Checks a share that a guardian has released, before anything is combined.
 *
 * @throws KEYBOX_INVALID with `culprit: "guardian"` and the guardian's node id when it is not the committed one.
 */
export function verifyShare(parameters: {
  readonly head: KeyBoxHead;
  readonly segment: number;
  readonly position: number;
  readonly share: Uint8Array;
}): void {
  const { head, segment, position, share } = parameters;
  const commitment = segmentOf(head, segment).shareCommitments[position];
  if (share.length === SHARE_BYTES && commitment !== undefined) {
    if (shareCommitment(head, segment, position, share) === commitment) return;
  }
  throw new PersonaError("KEYBOX_INVALID", "A guardian released a share that is not the one it was given.", {
    data: {
      culprit: "guardian",
      datasetId: head.datasetId,
      segment,
      guardian: head.guardians[position] ?? 0,
      position,
    },
  });
}

/**
 * The data key of a segment from at least t released shares. Shares beyond the threshold are checked and not needed.
 *
 * @throws KEYBOX_INVALID with `culprit: "guardian"` when a share is not the committed one. A caller with other guardians
 * left checks each share with {@link verifyShare} when it arrives, and leaves the wrong ones out.
 * @throws SHARES_INSUFFICIENT when fewer than t different shares are given.
 * @throws KEYBOX_INVALID with `culprit: "dealer"` when committed shares do not give the committed key.
 */
export async function combineShares(parameters: combineShares.Parameters): Promise<Uint8Array> {
  const { head, segment, shares } = parameters;
  for (const { position, share } of shares) verifyShare({ head, segment, position, share });
  const byPosition = new Map(shares.map(({ position, share }) => [position, share]));
  if (byPosition.size < head.threshold) {
    throw new PersonaError("SHARES_INSUFFICIENT", "There are fewer shares than the threshold needs.", {
      data: { datasetId: head.datasetId, segment, shares: byPosition.size, threshold: head.threshold },
    });
  }
  const dealerLied = (cause?: unknown): PersonaError =>
    new PersonaError("KEYBOX_INVALID", "The KeyBox's maker committed to shares that do not give the committed key.", {
      data: { culprit: "dealer", datasetId: head.datasetId, segment, positions: [...byPosition.keys()].join(", ") },
      cause,
    });
  let dek: Uint8Array;
  try {
    dek = await combineSecret([...byPosition.values()].slice(0, head.threshold));
  } catch (cause) {
    throw dealerLied(cause);
  }
  if (dekCommitment(head, segment, dek) !== segmentOf(head, segment).dekCommitment) {
    zeroise(dek);
    throw dealerLied();
  }
  return dek;
}

export declare namespace combineShares {
  type Parameters = {
    readonly head: KeyBoxHead;
    readonly segment: number;
    /** Each with its guardian's place in the head's list, from 0. */
    readonly shares: readonly { readonly position: number; readonly share: Uint8Array }[];
  };
}

/**
 * The owner's way in: all data keys of a KeyBox, by segment index. The caller zeroises them.
 *
 * @throws SEALED_BOX_INVALID when the body is sealed to another key, or for another chain, dataset or key epoch.
 * @throws KEYBOX_INVALID with `culprit: "dealer"` when a key is not the committed one.
 */
export async function openOwnerDeks(parameters: openOwnerDeks.Parameters): Promise<Map<number, Uint8Array>> {
  const { chainId, registry, head, body, ownerKeyPair } = parameters;
  checkHead(head, parameters);
  if (body.ownerKeyId !== keyIdOf(ownerKeyPair.publicKey)) {
    throw new PersonaError("SEALED_BOX_INVALID", "The KeyBox is sealed to another owner key.", {
      data: { datasetId: head.datasetId, ownerKeyId: body.ownerKeyId },
    });
  }
  const deks = new Map<number, Uint8Array>();
  for (const { index, enc, ct } of body.owner) {
    const { dekCommitment: commitment } = segmentOf(head, index);
    const { datasetId, keyEpoch, nonce } = head;
    const info = keyBoxOwnerInfo({ chainId, registry, datasetId, keyEpoch, nonce, segment: index });
    const dek = await open({ privateKey: ownerKeyPair.privateKey, info, enc, ct });
    if (dekCommitment(head, index, dek) !== commitment) {
      zeroise(dek, ...deks.values());
      throw new PersonaError("KEYBOX_INVALID", "The owner's copy of a data key is not the committed one.", {
        data: { culprit: "dealer", datasetId, segment: index },
      });
    }
    deks.set(index, dek);
  }
  return deks;
}

export declare namespace openOwnerDeks {
  type Parameters = ChainContext & {
    readonly datasetId: Hex;
    readonly keyEpoch: number;
    readonly head: KeyBoxHead;
    readonly body: KeyBoxBody;
    readonly ownerKeyPair: KemKeyPair;
  };
}

function checkHead(head: KeyBoxHead, chain: { readonly datasetId: Hex; readonly keyEpoch: number }): void {
  if (head.datasetId === chain.datasetId.toLowerCase() && head.keyEpoch === chain.keyEpoch) return;
  throw new PersonaError("KEYBOX_INVALID", "The KeyBox is of another dataset or key epoch.", {
    data: { datasetId: head.datasetId, keyEpoch: head.keyEpoch, wantedKeyEpoch: chain.keyEpoch },
  });
}

function segmentOf(head: KeyBoxHead, index: number): KeyBoxHead["segments"][number] {
  const segment = head.segments.find((candidate) => candidate.index === index);
  if (segment !== undefined) return segment;
  throw new PersonaError("SHARE_UNKNOWN", "The KeyBox holds no key for this segment.", {
    data: { datasetId: head.datasetId, segment: index },
  });
}
