import { type Address, encodeAbiParameters, type Hex } from "viem";
import { concatBytes, fromHex, sha256Hex, u32, utf8 } from "../crypto/index.ts";

/** The registry in which a dataset lives: part of everything that is sealed for it. */
export type ChainContext = { readonly chainId: number; readonly registry: Address };

type ShareSet = { readonly datasetId: Hex; readonly keyEpoch: number; readonly nonce: Hex };

/** HPKE `info` of a share. Every fact comes from the chain or from a head whose digest is on chain, never from a request. */
export function keyBoxShareInfo(
  facts: ChainContext &
    ShareSet & {
      readonly segment: number;
      readonly threshold: number;
      readonly guardianCount: number;
      /** Place in the list of guardians, from 0. */
      readonly position: number;
      readonly guardianKeyId: Hex;
    },
): Uint8Array {
  return concatBytes(
    utf8("persona/keybox-share/v1"),
    fromHex(
      encodeAbiParameters(shareInfoAbi, [
        BigInt(facts.chainId),
        facts.registry,
        facts.datasetId,
        facts.keyEpoch,
        facts.nonce,
        facts.segment,
        facts.threshold,
        facts.guardianCount,
        facts.position,
        facts.guardianKeyId,
      ]),
    ),
  );
}

/** HPKE `info` of a data key sealed to its owner. */
export function keyBoxOwnerInfo(facts: ChainContext & ShareSet & { readonly segment: number }): Uint8Array {
  return concatBytes(
    utf8("persona/keybox-owner/v1"),
    fromHex(
      encodeAbiParameters(ownerInfoAbi, [
        BigInt(facts.chainId),
        facts.registry,
        facts.datasetId,
        facts.keyEpoch,
        facts.nonce,
        facts.segment,
      ]),
    ),
  );
}

/** Names a data key without giving it away: 256 random bits cannot be guessed. */
export function dekCommitment(set: ShareSet, segment: number, dek: Uint8Array): Hex {
  return sha256Hex(concatBytes(utf8("persona/dek/v1"), ...commonPart(set, segment), dek));
}

/** Names one guardian's share, so that a wrong one is known before shares are combined, and its giver with it. */
export function shareCommitment(set: ShareSet, segment: number, position: number, share: Uint8Array): Hex {
  return sha256Hex(concatBytes(utf8("persona/share/v1"), ...commonPart(set, segment), u32(position), share));
}

/** datasetId ‖ segment index ‖ keyEpoch ‖ nonce */
function commonPart(set: ShareSet, segment: number): Uint8Array[] {
  return [fromHex(set.datasetId, 32), u32(segment), u32(set.keyEpoch), fromHex(set.nonce, 32)];
}

const ownerInfoAbi = [
  { name: "chainId", type: "uint256" },
  { name: "datasetRegistry", type: "address" },
  { name: "datasetId", type: "bytes32" },
  { name: "keyEpoch", type: "uint32" },
  { name: "nonce", type: "bytes32" },
  { name: "segment", type: "uint32" },
] as const;

const shareInfoAbi = [
  ...ownerInfoAbi,
  { name: "threshold", type: "uint8" },
  { name: "guardianCount", type: "uint8" },
  { name: "position", type: "uint8" },
  { name: "guardianKeyId", type: "bytes32" },
] as const;
