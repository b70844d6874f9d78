import {
  type Address,
  bytesToHex,
  encodeAbiParameters,
  getAddress,
  type Hex,
  hexToBytes,
  keccak256,
  stringToBytes,
} from "viem";
import * as z from "zod";
import {
  concatBytes,
  fromHex,
  isThreshold,
  KEM_ENC_BYTES,
  keyIdOf,
  MAX_SHARES,
  randomBytes,
  seal,
  sha256Hex,
  splitSecret,
  toHex,
  u32,
  zeroise,
} from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { decodeCbor, encodeCbor, ownerKemKeyPair, SHARE_BYTES } from "../storage/index.ts";
import type { RecoveryPlanOnChain } from "./ownerKeys.ts";

/**
 * Who holds shares of an owner's root key (docs/protocol.md 3.4). Known to the people alone; its digest is on chain, and it
 * commits to every share and to the key.
 */
export type RecoveryPlan = {
  readonly chainId: number;
  /** The contract in which the owner's custody names this plan. */
  readonly ownerKeys: Address;
  readonly owner: Address;
  readonly nonce: Hex;
  readonly threshold: number;
  /** What the shares give together. */
  readonly rootKeyId: Hex;
  /** By position, from 0. */
  readonly people: readonly { readonly address: Address; readonly keyId: Hex; readonly shareCommitment: Hex }[];
};

/** What one person keeps: the plan, and its share sealed to its key. */
export type RecoveryPacket = {
  readonly plan: Uint8Array;
  readonly position: number;
  readonly enc: Uint8Array;
  readonly ct: Uint8Array;
};

export const maxRecoveryPlanBytes = 4_096;
const maxRecoveryPacketBytes = 8_192;

const bytesOf = (length: number) => z.instanceof(Uint8Array).refine((b) => b.length === length, `not ${length} bytes`);
const hex32 = bytesOf(32).transform((bytes) => bytesToHex(bytes));
const address = bytesOf(20).transform((bytes) => getAddress(bytesToHex(bytes)));
const distinct = (values: readonly string[]) => new Set(values).size === values.length;

const planSchema = z
  .strictObject({
    v: z.literal(1),
    chainId: z.int().min(1),
    ownerKeys: address,
    owner: address,
    nonce: hex32,
    threshold: z.int(),
    rootKeyId: hex32,
    people: z.array(z.strictObject({ address, keyId: hex32, shareCommitment: hex32 })).max(MAX_SHARES),
  })
  .refine(({ threshold, people }) => isThreshold(threshold, people.length), "the threshold is not 2 <= t <= n <= 16")
  .refine(({ people }) => distinct(people.map(({ address: a }) => a)), "a person is named twice")
  .refine(({ people }) => distinct(people.map(({ keyId }) => keyId)), "two people have one key")
  .refine(
    ({ people, owner, rootKeyId }) => people.every((p) => p.address !== owner && p.keyId !== rootKeyId),
    "the owner is among the people",
  );

const packetSchema = z.strictObject({
  v: z.literal(1),
  plan: z.instanceof(Uint8Array).refine((bytes) => bytes.length <= maxRecoveryPlanBytes, "too long"),
  position: z
    .int()
    .min(0)
    .max(MAX_SHARES - 1),
  enc: bytesOf(KEM_ENC_BYTES),
  ct: bytesOf(SHARE_BYTES + 16),
});

/**
 * Splits a root key among people, any `threshold` of whom give it back. The root key stays the caller's to zeroise. Nothing counts
 * before `setCustody` has put `planHash` on chain, and each person has its packet.
 *
 * @throws RECOVERY_INVALID unless 2 ≤ threshold ≤ people ≤ 16, all addresses and keys differ, and none is the owner's.
 */
export async function makeRecoveryPlan(parameters: makeRecoveryPlan.Parameters): Promise<makeRecoveryPlan.ReturnType> {
  const { rootKey, threshold, people } = parameters;
  if (!isThreshold(threshold, people.length)) {
    throw new PersonaError("RECOVERY_INVALID", "A recovery plan needs 2 <= threshold <= people <= 16.", {
      data: { threshold, people: people.length },
    });
  }
  const own = await ownerKemKeyPair(rootKey);
  zeroise(own.privateKey);
  const ids = { ...parameters, nonce: toHex(randomBytes(32)) };
  const shares = await splitSecret(rootKey, { threshold, shares: people.length });
  try {
    const named = people.map(({ address: a, publicKey }, position) => ({
      address: hexToBytes(getAddress(a)),
      keyId: fromHex(keyIdOf(publicKey)),
      shareCommitment: fromHex(recoveryShareCommitment(ids.nonce, position, shares[position] ?? new Uint8Array())),
    }));
    const plan = encodeCbor({
      v: 1,
      chainId: parameters.chainId,
      ownerKeys: hexToBytes(parameters.ownerKeys),
      owner: hexToBytes(parameters.owner),
      nonce: fromHex(ids.nonce),
      threshold,
      rootKeyId: fromHex(keyIdOf(own.publicKey)),
      people: named,
    });
    const decoded = decodeRecoveryPlan(plan);
    const packets = await Promise.all(
      people.map(async ({ publicKey }, position) => {
        const info = recoveryShareInfo(decoded, position);
        const sealed = await seal({ publicKey, info, plaintext: shares[position] ?? new Uint8Array() });
        return encodeCbor({ v: 1, plan, position, ...sealed });
      }),
    );
    return {
      plan,
      packets,
      onChain: planOnChain(plan),
      planHash: recoveryPlanHash(plan),
      rootKeyId: decoded.rootKeyId,
    };
  } finally {
    zeroise(...shares);
  }
}

export declare namespace makeRecoveryPlan {
  type Parameters = Pick<RecoveryPlan, "chainId" | "ownerKeys" | "owner" | "threshold"> & {
    readonly rootKey: Uint8Array;
    /** Account, which may ask and signs answers, and KEM public key (1,216 bytes) of each. */
    readonly people: readonly { readonly address: Address; readonly publicKey: Uint8Array }[];
  };
  type ReturnType = {
    readonly plan: Uint8Array;
    /** One for each person, by position; secret from nobody, of use to that person alone. */
    readonly packets: readonly Uint8Array[];
    readonly onChain: RecoveryPlanOnChain;
    readonly planHash: Hex;
    readonly rootKeyId: Hex;
  };
}

/** @throws PersonaError RECOVERY_INVALID */
export function decodeRecoveryPlan(bytes: Uint8Array): RecoveryPlan {
  const { v: _, ...plan } = decodeCbor(bytes, {
    schema: planSchema,
    maxBytes: maxRecoveryPlanBytes,
    maxItems: 128,
    code: "RECOVERY_INVALID",
    what: "recovery plan",
  });
  return plan;
}

/** @throws PersonaError RECOVERY_INVALID */
export function decodeRecoveryPacket(bytes: Uint8Array): RecoveryPacket {
  const { v: _, ...packet } = decodeCbor(bytes, {
    schema: packetSchema,
    maxBytes: maxRecoveryPacketBytes,
    maxItems: 16,
    code: "RECOVERY_INVALID",
    what: "recovery packet",
  });
  return packet;
}

/** What a requester shows the contract. */
export function planOnChain(plan: Uint8Array): RecoveryPlanOnChain {
  return { people: decodeRecoveryPlan(plan).people.map(({ address: a }) => a), digest: sha256Hex(plan) };
}

/** keccak(abi(people, digest)): what the custody names. */
export function recoveryPlanHash(plan: Uint8Array): Hex {
  const { people, digest } = planOnChain(plan);
  return keccak256(encodeAbiParameters(planAbi, [{ people: [...people], digest }]));
}

/** HPKE `info` of a share on its way to the person who keeps it. */
export function recoveryShareInfo(plan: RecoveryPlan, position: number): Uint8Array {
  const { chainId, ownerKeys, owner, nonce, threshold, people } = plan;
  const keyId = people[position]?.keyId ?? `0x${"00".repeat(32)}`;
  const facts = encodeAbiParameters(shareInfoAbi, [
    BigInt(chainId),
    ownerKeys,
    owner,
    nonce,
    threshold,
    people.length,
    position,
    keyId,
  ]);
  return concatBytes(stringToBytes("persona/recovery-share/v1"), fromHex(facts));
}

/** Names one person's share, so that a wrong one is known before shares are combined, and its giver with it. */
export function recoveryShareCommitment(nonce: Hex, position: number, share: Uint8Array): Hex {
  const label = stringToBytes("persona/recovery-share-commitment/v1");
  return sha256Hex(concatBytes(label, fromHex(nonce, 32), u32(position), share));
}

const planAbi = [
  {
    type: "tuple",
    components: [
      { name: "people", type: "address[]" },
      { name: "digest", type: "bytes32" },
    ],
  },
] as const;

const shareInfoAbi = [
  { name: "chainId", type: "uint256" },
  { name: "ownerKeys", type: "address" },
  { name: "owner", type: "address" },
  { name: "nonce", type: "bytes32" },
  { name: "threshold", type: "uint8" },
  { name: "people", type: "uint8" },
  { name: "position", type: "uint8" },
  { name: "keyId", type: "bytes32" },
] as const;
