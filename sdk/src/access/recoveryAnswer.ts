import {
  type Address,
  bytesToHex,
  encodeAbiParameters,
  getAddress,
  type Hex,
  hexToBytes,
  type LocalAccount,
  recoverTypedDataAddress,
  stringToBytes,
} from "viem";
import * as z from "zod";
import {
  combineSecret,
  concatBytes,
  fromHex,
  KEM_ENC_BYTES,
  type KemKeyPair,
  keccak256,
  keyIdOf,
  MAX_SHARES,
  open,
  seal,
  sha256Hex,
  zeroise,
} from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { decodeCbor, encodeCbor, ownerKemKeyPair, SHARE_BYTES } from "../storage/index.ts";
import { type RecoveryChain, requireRipeRecovery } from "./ownerKeys.ts";
import {
  decodeRecoveryPacket,
  decodeRecoveryPlan,
  maxRecoveryPlanBytes,
  type RecoveryPlan,
  recoveryPlanHash,
  recoveryShareCommitment,
  recoveryShareInfo,
} from "./recoveryPlan.ts";
import { recoveryTypedData } from "./recoveryTypedData.ts";

/** A person's share on its way to the new device of one recovery. */
export type RecoveryAnswer = {
  readonly plan: Uint8Array;
  readonly requester: Address;
  /** Unix seconds of the request that it answers. */
  readonly requestedAt: number;
  readonly position: number;
  readonly enc: Uint8Array;
  readonly ct: Uint8Array;
  /** Of the person's account over all of it: a lie is provably whose. */
  readonly signature: Hex;
};

const maxAnswerBytes = 16_384;
const bytesOf = (length: number) => z.instanceof(Uint8Array).refine((b) => b.length === length, `not ${length} bytes`);
const answerSchema = z.strictObject({
  v: z.literal(1),
  plan: z.instanceof(Uint8Array).refine((bytes) => bytes.length <= maxRecoveryPlanBytes, "too long"),
  requester: bytesOf(20).transform((bytes) => getAddress(bytesToHex(bytes))),
  requestedAt: z
    .int()
    .min(0)
    .max(2 ** 40 - 1),
  position: z
    .int()
    .min(0)
    .max(MAX_SHARES - 1),
  enc: bytesOf(KEM_ENC_BYTES),
  ct: bytesOf(SHARE_BYTES + 16),
  signature: bytesOf(65).transform((bytes) => bytesToHex(bytes)),
});

/**
 * What a person does when an owner it knows asks for its share: looks at the chain by itself, and seals the share to the request's
 * device, if the recovery counts (`requireRipeRecovery`) and the owner's present custody names this very plan. Whether it is the
 * owner who asks no chain can tell: call before.
 *
 * @throws RECOVERY_REFUSED, RECOVERY_TOO_EARLY, CHAIN_DISAGREES as the chain stands, or where plan or device is another.
 * @throws RECOVERY_INVALID with `culprit: "dealer"` when the share that the owner gave is not the committed one.
 * @throws SEALED_BOX_INVALID when the packet is another person's.
 */
export async function answerRecovery(chain: RecoveryChain, parameters: answerRecovery.Parameters): Promise<Uint8Array> {
  const { keyPair, account, requester, devicePublicKey } = parameters;
  const packet = decodeRecoveryPacket(parameters.packet);
  const plan = decodeRecoveryPlan(packet.plan);
  const { chainId, ownerKeys } = chain.deployment;
  const { owner } = plan;
  const refuse = (why: string) =>
    new PersonaError("RECOVERY_REFUSED", `No share is released: ${why}.`, { data: { owner, requester } });
  if (plan.chainId !== chainId || plan.ownerKeys !== getAddress(ownerKeys))
    throw refuse("the plan is of another chain");
  if (plan.people[packet.position]?.address !== account.address)
    throw refuse("the account is not the one that the plan names");
  const { custody, request } = await requireRipeRecovery(chain, { owner, requester });
  if (custody.planHash !== recoveryPlanHash(packet.plan) || custody.rootKeyId !== plan.rootKeyId)
    throw refuse("the owner has another plan now");
  const deviceKeyId = keyIdOf(devicePublicKey);
  if (request.deviceKeyId !== deviceKeyId) throw refuse("it was asked for another device");

  const share = await openPacket(plan, packet, keyPair);
  const ids = { requester: getAddress(requester), requestedAt: request.requestedAt, position: packet.position };
  try {
    const info = recoveryAnswerInfo(plan, packet.plan, { ...ids, deviceKeyId });
    const sealed = await seal({ publicKey: devicePublicKey, info, plaintext: share });
    const typed = recoveryAnswerData(plan, packet.plan, { ...ids, deviceKeyId, ...sealed });
    const signature = hexToBytes(await account.signTypedData(typed));
    return encodeCbor({ v: 1, plan: packet.plan, ...ids, requester: hexToBytes(ids.requester), ...sealed, signature });
  } finally {
    zeroise(share);
  }
}

export declare namespace answerRecovery {
  type Parameters = {
    readonly packet: Uint8Array;
    /** Of the person's own root key. */
    readonly keyPair: KemKeyPair;
    readonly account: Pick<LocalAccount, "address" | "signTypedData">;
    readonly requester: Address;
    /** 1,216 bytes, as the owner told it; the request holds its id. */
    readonly devicePublicKey: Uint8Array;
  };
}

/**
 * A person's look at its packet on the day it gets it: does it open, and to what the owner committed to?
 *
 * @throws SEALED_BOX_INVALID, RECOVERY_INVALID as {@link answerRecovery} does.
 */
export async function checkRecoveryPacket(packetBytes: Uint8Array, keyPair: KemKeyPair): Promise<RecoveryPlan> {
  const packet = decodeRecoveryPacket(packetBytes);
  const plan = decodeRecoveryPlan(packet.plan);
  zeroise(await openPacket(plan, packet, keyPair));
  return plan;
}

/** @throws PersonaError RECOVERY_INVALID */
export function decodeRecoveryAnswer(bytes: Uint8Array): RecoveryAnswer {
  const { v: _, ...answer } = decodeCbor(bytes, {
    schema: answerSchema,
    maxBytes: maxAnswerBytes,
    maxItems: 32,
    code: "RECOVERY_INVALID",
    what: "recovery answer",
  });
  return answer;
}

/**
 * The root key, on the new device, from the answers of at least t people. The caller zeroises it.
 *
 * @param planHash as the chain has it: `custodyOf(owner).planHash`.
 * @returns also who gave a share that is not its own: known by a signature, so that it can be shown to others.
 * @throws RECOVERY_INVALID when an answer is of another plan, or committed shares do not give the committed key
 * (`culprit: "dealer"`).
 * @throws SHARES_INSUFFICIENT when fewer than t people gave a good share; `liars` names those who gave a bad one.
 */
export async function finishRecovery(parameters: finishRecovery.Parameters): Promise<finishRecovery.ReturnType> {
  const { planHash, device, requester } = parameters;
  const answers = parameters.answers.map(decodeRecoveryAnswer);
  const [first] = answers;
  if (first === undefined) throw insufficient(0, 2, []);
  if (recoveryPlanHash(first.plan) !== planHash) {
    throw new PersonaError("RECOVERY_INVALID", "The answers are of another plan than the chain names.", {
      data: { planHash },
    });
  }
  const plan = decodeRecoveryPlan(first.plan);
  const shares = new Map<number, Uint8Array>();
  const liars = new Set<Address>();
  try {
    for (const answer of answers) {
      if (recoveryPlanHash(answer.plan) !== planHash || answer.requester !== getAddress(requester)) continue;
      const person = plan.people[answer.position];
      // Whoever can send files can send one in another's name: only a signed one says something of its person.
      if (person === undefined || !(await isSigned(plan, answer, device, person.address))) continue;
      const share = await openAnswer(plan, answer, device);
      if (
        share !== undefined &&
        recoveryShareCommitment(plan.nonce, answer.position, share) === person.shareCommitment
      ) {
        shares.set(answer.position, share);
      } else {
        zeroise(share);
        liars.add(person.address);
      }
    }
    if (shares.size < plan.threshold) throw insufficient(shares.size, plan.threshold, [...liars]);
    const rootKey = await combineSecret([...shares.values()].slice(0, plan.threshold)).catch(() => undefined);
    if (rootKey !== undefined && (await rootKeyIdOf(rootKey)) === plan.rootKeyId)
      return { plan, rootKey, liars: [...liars] };
    zeroise(rootKey);
    throw new PersonaError(
      "RECOVERY_INVALID",
      "The plan's maker committed to shares that do not give the committed key.",
      {
        data: { culprit: "dealer", owner: plan.owner },
      },
    );
  } finally {
    zeroise(...shares.values());
  }
}

export declare namespace finishRecovery {
  type Parameters = {
    readonly planHash: Hex;
    readonly answers: readonly Uint8Array[];
    /** The new device's key pair, whose id the request names. */
    readonly device: KemKeyPair;
    readonly requester: Address;
  };
  type ReturnType = { readonly plan: RecoveryPlan; readonly rootKey: Uint8Array; readonly liars: readonly Address[] };
}

type AnswerIds = Pick<RecoveryAnswer, "requester" | "requestedAt" | "position"> & { readonly deviceKeyId: Hex };

/** HPKE `info` of a share on its way to the new device: of one plan, one request, one person, one device. */
function recoveryAnswerInfo({ chainId, ownerKeys, owner }: RecoveryPlan, plan: Uint8Array, ids: AnswerIds): Uint8Array {
  const facts = encodeAbiParameters(answerInfoAbi, [
    BigInt(chainId),
    ownerKeys,
    owner,
    sha256Hex(plan),
    ids.requester,
    ids.requestedAt,
    ids.position,
    ids.deviceKeyId,
  ]);
  return concatBytes(stringToBytes("persona/recovery-answer/v1"), fromHex(facts));
}

function recoveryAnswerData(
  { chainId, ownerKeys, owner }: RecoveryPlan,
  plan: Uint8Array,
  answer: AnswerIds & { readonly enc: Uint8Array; readonly ct: Uint8Array },
) {
  const { requester, requestedAt, position, deviceKeyId, enc, ct } = answer;
  const planDigest = sha256Hex(plan);
  const sealedHash = keccak256(concatBytes(enc, ct));
  const message = { owner, planDigest, requester, requestedAt, position, deviceKeyId, sealedHash };
  return recoveryTypedData.recoveryAnswer({ chainId, ownerKeys }, message);
}

async function openPacket(
  plan: RecoveryPlan,
  { position, enc, ct }: { readonly position: number; readonly enc: Uint8Array; readonly ct: Uint8Array },
  keyPair: KemKeyPair,
): Promise<Uint8Array> {
  const person = plan.people[position];
  if (person === undefined || person.keyId !== keyIdOf(keyPair.publicKey)) {
    throw new PersonaError("SEALED_BOX_INVALID", "The recovery packet is sealed to another person's key.", {
      data: { owner: plan.owner, position },
    });
  }
  const share = await open({ privateKey: keyPair.privateKey, info: recoveryShareInfo(plan, position), enc, ct });
  if (recoveryShareCommitment(plan.nonce, position, share) === person.shareCommitment) return share;
  zeroise(share);
  throw new PersonaError("RECOVERY_INVALID", "The plan's maker sealed a share that is not the one it committed to.", {
    data: { culprit: "dealer", owner: plan.owner, position },
  });
}

async function openAnswer(
  plan: RecoveryPlan,
  answer: RecoveryAnswer,
  device: KemKeyPair,
): Promise<Uint8Array | undefined> {
  const deviceKeyId = keyIdOf(device.publicKey);
  const info = recoveryAnswerInfo(plan, answer.plan, { ...answer, deviceKeyId });
  try {
    return await open({ privateKey: device.privateKey, info, enc: answer.enc, ct: answer.ct });
  } catch (error) {
    if (error instanceof PersonaError) return undefined;
    throw error;
  }
}

async function isSigned(plan: RecoveryPlan, answer: RecoveryAnswer, device: KemKeyPair, by: Address): Promise<boolean> {
  const typed = recoveryAnswerData(plan, answer.plan, { ...answer, deviceKeyId: keyIdOf(device.publicKey) });
  const signer = await recoverTypedDataAddress({ ...typed, signature: answer.signature }).catch(() => undefined);
  return signer === by;
}

async function rootKeyIdOf(rootKey: Uint8Array): Promise<Hex> {
  const pair = await ownerKemKeyPair(rootKey);
  zeroise(pair.privateKey);
  return keyIdOf(pair.publicKey);
}

function insufficient(shares: number, threshold: number, liars: readonly Address[]): PersonaError {
  return new PersonaError("SHARES_INSUFFICIENT", "Fewer people gave a good share than the plan needs.", {
    data: { shares, threshold, liars: liars.join(", ") },
  });
}

const answerInfoAbi = [
  { name: "chainId", type: "uint256" },
  { name: "ownerKeys", type: "address" },
  { name: "owner", type: "address" },
  { name: "planDigest", type: "bytes32" },
  { name: "requester", type: "address" },
  { name: "requestedAt", type: "uint40" },
  { name: "position", type: "uint8" },
  { name: "deviceKeyId", type: "bytes32" },
] as const;
