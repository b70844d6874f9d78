/**
 * Where a platform has nothing to seal with, another attested enclave of the same guardian and the same code stands in for it (docs/protocol.md
 * 4.5): the keys of one are sealed to the other's KEM key and come back the same way, after a reboot, to an enclave that is attested
 * anew. Each side asks the registry, and not its host, who the other is. In the clear they are in enclaves of this measurement only.
 */
import { decode, encode } from "@ipld/dag-cbor";
import { concatBytes, fromHex, open, seal, utf8, zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Address, encodeAbiParameters } from "viem";
import { z } from "zod";
import { createEnclaveIdentity, type EnclaveIdentity } from "../enclaveIdentity.ts";
import { blocksOf, type GuardianChain } from "./guardianChain.ts";
import { requireSuccessorKey, requireUnsealedKey } from "./successorKey.ts";

export type HandoverPlace = {
  readonly chain: GuardianChain;
  readonly identity: EnclaveIdentity;
  readonly nodeId: number;
};

/** Another enclave, by what its host says; believed when the registry holds it. */
export type HandoverTarget = { readonly signer: Address; readonly kemKey: Uint8Array };
/** Keys on their way: whose they are, and what only one enclave opens. */
export type HeldKeys = { readonly keys: Address; readonly box: Uint8Array };

const SECRET_BYTES = 64;
const boxSchema = z.strictObject({
  v: z.literal(1),
  enc: z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === 1_120),
  ct: z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === SECRET_BYTES + 16),
});

/** This enclave's own keys, sealed to another. @throws PersonaError as {@link requireTwin} */
export async function handOverKeys(place: HandoverPlace, target: HandoverTarget): Promise<Uint8Array> {
  const { account, secret } = place.identity;
  return sealKeys(place, { keys: account.address, secret }, target);
}

/**
 * Keys that this enclave holds for another, sealed to a third: how a guardian gets them back.
 * @throws PersonaError SEALED_BOX_INVALID, and as {@link requireTwin}
 */
export async function passKeys(place: HandoverPlace, held: HeldKeys, target: HandoverTarget): Promise<Uint8Array> {
  const secret = await openKeys(place, held);
  try {
    return await sealKeys(place, { keys: held.keys, secret }, target);
  } finally {
    zeroise(secret);
  }
}

/**
 * Keys that were sealed to this enclave become its own.
 * @throws PersonaError SEALED_BOX_INVALID when they are not those of the registry's key, and as {@link requireTwin}
 */
export async function takeKeys(place: HandoverPlace, held: HeldKeys): Promise<EnclaveIdentity> {
  const { chain, identity } = place;
  await requireTwin(place, held.keys, identity.account.address);
  const taken = await createEnclaveIdentity(await openKeys(place, held));
  const { newest } = await chain.look();
  const { kemKeyHash } = await chain.view.enclaveKey(held.keys, newest.number);
  if (taken.account.address === held.keys && taken.kemKeyHash === kemKeyHash) return taken;
  throw new PersonaError("SEALED_BOX_INVALID", "What was handed over are not the registered keys.", {
    data: { signer: held.keys },
  });
}

async function sealKeys(
  place: HandoverPlace,
  { keys, secret }: { readonly keys: Address; readonly secret: Uint8Array },
  target: HandoverTarget,
): Promise<Uint8Array> {
  await requireSuccessorKey(place, target);
  await requireTwin(place, keys, target.signer);
  const info = infoOf(place, keys, target.signer);
  return encode({ v: 1, ...(await seal({ publicKey: target.kemKey, info, plaintext: secret })) });
}

async function openKeys(place: HandoverPlace, { keys, box }: HeldKeys): Promise<Uint8Array> {
  const { account, kem } = place.identity;
  // A replica whose own key is destroyed, frozen or banned gives nothing away any more.
  await requireUnsealedKey(place, account.address);
  const parsed = boxSchema.safeParse(decoded(box));
  if (!parsed.success) throw new PersonaError("SEALED_BOX_INVALID", "It holds no keys of a guardian.");
  const { enc, ct } = parsed.data;
  return open({ privateKey: kem.privateKey, info: infoOf(place, keys, account.address), enc, ct });
}

/**
 * Keys go between enclaves of one guardian that run the same code: both registered for this node, neither of them destroyed, frozen,
 * expired or banned. An upgraded build gets shares (`reseal`) and never keys.
 * @throws PersonaError NODE_KEY_UNKNOWN, NODE_KEY_INACTIVE, NODE_KEY_EXPIRED, MEASUREMENT_BANNED
 */
async function requireTwin(place: HandoverPlace, keys: Address, other: Address): Promise<void> {
  const { chain } = place;
  await requireUnsealedKey(place, keys);
  await requireUnsealedKey(place, other);
  for (const { number } of blocksOf(await chain.look())) {
    const [of, to] = [await chain.view.enclaveKey(keys, number), await chain.view.enclaveKey(other, number)];
    // One that was registered a moment ago is not at the blocks before yet.
    if (of.measurement === to.measurement || of.nodeId === 0 || to.nodeId === 0) continue;
    throw new PersonaError("NODE_KEY_UNKNOWN", "The other enclave runs other code than the one whose keys these are.", {
      data: { signer: other, measurement: to.measurement, wanted: of.measurement },
    });
  }
}

const infoAbi = [
  { type: "uint256" },
  { type: "address" },
  { type: "uint32" },
  { type: "address" },
  { type: "address" },
] as const;

function infoOf({ chain, nodeId }: HandoverPlace, keys: Address, to: Address): Uint8Array {
  const { chainId, nodeRegistry } = chain.view.deployment;
  const facts = encodeAbiParameters(infoAbi, [BigInt(chainId), nodeRegistry, nodeId, keys, to]);
  return concatBytes(utf8("persona/guardian-handover/v1"), fromHex(facts));
}

function decoded(bytes: Uint8Array): unknown {
  try {
    return decode(bytes);
  } catch {
    return undefined; // A host's bytes.
  }
}
