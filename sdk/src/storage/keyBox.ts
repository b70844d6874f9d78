import type { Hex } from "viem";
import * as z from "zod";
import { fromHex, isThreshold, KEM_ENC_BYTES, MAX_SHARES, type SealedBox, sha256Hex } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { guardianSetHash } from "./datasetHead.ts";
import { bytes32, bytesOf, isStrictlyAscending, MAX_SEGMENTS, nodeId, segmentIndex, uint32 } from "./schemas.ts";

export const MAX_KEY_BOX_HEAD_BYTES = 256 * 1_024;
/** 256 segments for 16 guardians and the owner, with room for the encoding. */
export const MAX_KEY_BOX_BODY_BYTES = 8 * 1_024 * 1_024;
/** A data key and one byte for the x coordinate. */
export const SHARE_BYTES = 33;

/** The public half of a KeyBox (docs/protocol.md 3.3). Its digest is on chain and commits to every key and share. */
export type KeyBoxHead = {
  readonly datasetId: Hex;
  readonly keyEpoch: number;
  /** Random, one per set of shares: shares of two KeyBoxes of one epoch do not mix. */
  readonly nonce: Hex;
  readonly threshold: number;
  /** Node ids; a guardian's position is its place in this list, from 0. */
  readonly guardians: readonly number[];
  /** Ascending by index. */
  readonly segments: readonly {
    readonly index: number;
    readonly dekCommitment: Hex;
    /** One for each guardian, by position. */
    readonly shareCommitments: readonly Hex[];
  }[];
};

export type SealedDek = SealedBox & { readonly index: number };
export type SealedShare = SealedBox & {
  readonly index: number;
  /** Node id. */
  readonly guardian: number;
  /** The guardian key it is sealed to. */
  readonly keyId: Hex;
};

/**
 * The secret half: what guardians and owner open. It may be a part (one guardian's shares) and may be replaced (re-sealed
 * to a guardian's next key), because the head commits to what is inside.
 */
export type KeyBoxBody = {
  /** Digest of the head it belongs to. */
  readonly keyBoxDigest: Hex;
  readonly ownerKeyId: Hex;
  readonly owner: readonly SealedDek[];
  readonly shares: readonly SealedShare[];
};

const headSchema = z
  .strictObject({
    v: z.literal(1),
    datasetId: bytes32,
    keyEpoch: uint32,
    nonce: bytes32,
    threshold: z.int(),
    guardians: z.array(nodeId).max(MAX_SHARES),
    segments: z
      .array(
        z.strictObject({
          index: segmentIndex,
          dekCommitment: bytes32,
          shareCommitments: z.array(bytes32).max(MAX_SHARES),
        }),
      )
      .max(MAX_SEGMENTS),
  })
  .refine(
    ({ threshold, guardians }) => isThreshold(threshold, guardians.length),
    "the threshold is not 2 <= t <= n <= 16",
  )
  .refine(({ guardians }) => new Set(guardians).size === guardians.length, "a guardian is named twice")
  .refine(({ segments }) => isStrictlyAscending(segments.map(({ index }) => index)), "segments are not ascending")
  .refine(
    ({ segments, guardians }) => segments.every((segment) => segment.shareCommitments.length === guardians.length),
    "a segment does not have one share for each guardian",
  );

const enc = bytesOf(KEM_ENC_BYTES);
const bodySchema = z
  .strictObject({
    v: z.literal(1),
    head: bytes32,
    ownerKeyId: bytes32,
    owner: z.array(z.strictObject({ index: segmentIndex, enc, ct: bytesOf(32 + 16) })).max(MAX_SEGMENTS),
    shares: z
      .array(
        z.strictObject({ index: segmentIndex, guardian: nodeId, keyId: bytes32, enc, ct: bytesOf(SHARE_BYTES + 16) }),
      )
      .max(MAX_SEGMENTS * MAX_SHARES),
  })
  .refine(({ owner }) => isStrictlyAscending(owner.map(({ index }) => index)), "owner keys are not ascending")
  .refine(
    ({ shares }) => new Set(shares.map(({ index, guardian }) => `${index}/${guardian}`)).size === shares.length,
    "a share is there twice",
  );

/**
 * The one encoding of a head; its sha256 is the `keyBoxDigest` on chain.
 *
 * @throws KEYBOX_INVALID when the head breaks its schema.
 */
export function encodeKeyBoxHead(head: KeyBoxHead): { readonly bytes: Uint8Array; readonly keyBoxDigest: Hex } {
  const bytes = encodeOrThrow("head", () => ({
    v: 1,
    datasetId: fromHex(head.datasetId, 32),
    keyEpoch: head.keyEpoch,
    nonce: fromHex(head.nonce, 32),
    threshold: head.threshold,
    guardians: [...head.guardians],
    segments: head.segments.map((segment) => ({
      index: segment.index,
      dekCommitment: fromHex(segment.dekCommitment, 32),
      shareCommitments: segment.shareCommitments.map((commitment) => fromHex(commitment, 32)),
    })),
  }));
  decodeKeyBoxHead(bytes);
  return { bytes, keyBoxDigest: sha256Hex(bytes) };
}

/**
 * Decodes a head. `verifyKeyBoxHead` also compares it with the chain: use that wherever a chain is at hand.
 *
 * @throws KEYBOX_INVALID when the bytes are not a canonical head.
 */
export function decodeKeyBoxHead(bytes: Uint8Array): KeyBoxHead {
  const { v: _, ...head } = decodeCbor(bytes, {
    schema: headSchema,
    maxBytes: MAX_KEY_BOX_HEAD_BYTES,
    code: "KEYBOX_INVALID",
    what: "KeyBox head",
  });
  return head;
}

/**
 * Decodes a head that came from anywhere and accepts it only as the one that the chain names.
 *
 * @throws DIGEST_MISMATCH when the bytes are not those of `keyBoxDigest`.
 * @throws KEYBOX_INVALID when they are no head, or one of another dataset or key epoch.
 * @throws GUARDIAN_SET_MISMATCH when its guardians are not the registered set.
 */
export function verifyKeyBoxHead(bytes: Uint8Array, chain: verifyKeyBoxHead.ChainFacts): KeyBoxHead {
  const digest = bytes.length > MAX_KEY_BOX_HEAD_BYTES ? undefined : sha256Hex(bytes);
  if (digest !== undefined && digest !== chain.keyBoxDigest.toLowerCase()) {
    throw new PersonaError("DIGEST_MISMATCH", "The KeyBox head is not the one on chain.", {
      data: { got: digest, wanted: chain.keyBoxDigest },
    });
  }
  const head = decodeKeyBoxHead(bytes);
  if (head.datasetId !== chain.datasetId.toLowerCase() || head.keyEpoch !== chain.keyEpoch) {
    throw new PersonaError("KEYBOX_INVALID", "The KeyBox is of another dataset or key epoch than the one on chain.", {
      data: { datasetId: head.datasetId, keyEpoch: head.keyEpoch, wantedKeyEpoch: chain.keyEpoch },
    });
  }
  if (guardianSetHash(head) !== chain.guardianSetHash.toLowerCase()) {
    throw new PersonaError("GUARDIAN_SET_MISMATCH", "The KeyBox's guardians are not the registered set.", {
      data: { datasetId: head.datasetId, guardians: head.guardians.join(", "), threshold: head.threshold },
    });
  }
  return head;
}

export declare namespace verifyKeyBoxHead {
  type ChainFacts = {
    readonly keyBoxDigest: Hex;
    readonly datasetId: Hex;
    readonly keyEpoch: number;
    readonly guardianSetHash: Hex;
  };
}

/** @throws KEYBOX_INVALID when the body breaks its schema. */
export function encodeKeyBoxBody(body: KeyBoxBody): Uint8Array {
  const bytes = encodeOrThrow("body", () => ({
    v: 1,
    head: fromHex(body.keyBoxDigest, 32),
    ownerKeyId: fromHex(body.ownerKeyId, 32),
    owner: body.owner.map(({ index, enc, ct }) => ({ index, enc, ct })),
    shares: body.shares.map(({ index, guardian, keyId, enc, ct }) => ({
      index,
      guardian,
      keyId: fromHex(keyId, 32),
      enc,
      ct,
    })),
  }));
  decodeKeyBoxBody(bytes);
  return bytes;
}

/**
 * Decodes a body. Nothing in it is trusted: each box is checked against the head when it is opened.
 *
 * @throws KEYBOX_INVALID when the bytes are not a canonical body, or belong to another head than `keyBoxDigest`.
 */
export function decodeKeyBoxBody(bytes: Uint8Array, expected: { readonly keyBoxDigest?: Hex } = {}): KeyBoxBody {
  const {
    v: _,
    head: keyBoxDigest,
    ...body
  } = decodeCbor(bytes, {
    schema: bodySchema,
    maxBytes: MAX_KEY_BOX_BODY_BYTES,
    code: "KEYBOX_INVALID",
    what: "KeyBox body",
  });
  if (expected.keyBoxDigest !== undefined && keyBoxDigest !== expected.keyBoxDigest.toLowerCase()) {
    throw new PersonaError("KEYBOX_INVALID", "The KeyBox body belongs to another head.", {
      data: { got: keyBoxDigest, wanted: expected.keyBoxDigest },
    });
  }
  return { ...body, keyBoxDigest };
}

/** The part of a body that one guardian needs: its own shares, nothing of the owner's. */
export function bodyForGuardian(body: KeyBoxBody, guardian: number): KeyBoxBody {
  return { ...body, owner: [], shares: body.shares.filter((share) => share.guardian === guardian) };
}

/** The part of a body that its owner needs: with the root key it opens every segment, guardians or not. */
export function bodyForOwner(body: KeyBoxBody): KeyBoxBody {
  return { ...body, shares: [] };
}

function encodeOrThrow(part: string, value: () => unknown): Uint8Array {
  try {
    return encodeCbor(value());
  } catch (cause) {
    throw new PersonaError("KEYBOX_INVALID", `The KeyBox ${part} cannot be encoded.`, { cause });
  }
}
