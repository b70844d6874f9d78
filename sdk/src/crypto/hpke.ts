import type { Hex } from "viem";
import { PersonaError } from "../errors/index.ts";
import { aeadDecrypt, aeadEncrypt, importAeadKey } from "./aead.ts";
import { randomBytes, utf8, zeroise } from "./bytes.ts";
import { type HpkeSecrets, hpkeSecrets } from "./hpkeSchedule.ts";
import { nodeCrypto } from "./nodeCrypto.ts";
import type { PlatformPrivateKey, PlatformPublicKey } from "./nodeXWing.ts";
import { keccak256 } from "./sha256.ts";
import { xWingDecapsulate, xWingEncapsulate, xWingPublicKey } from "./xWing.ts";

/**
 * HPKE base mode (RFC 9180) with X-Wing (X25519 and ML-KEM-768, draft-connolly-cfrg-xwing-kem), HKDF-SHA-256 and
 * AES-256-GCM: what is sealed today stays closed unless both the elliptic curve and the lattice fall. Base mode does
 * not say who sealed; who may have is the business of commitments and signatures around it.
 *
 * The parts are libraries' or the platform's; only how the RFC and the draft join them is here and in hpkeSchedule.ts, xWing.ts,
 * nodeXWing.ts: a third of the size, which every page that opens a result loads. Tests hold them to `@hpke/core`, both ways.
 */

/** Bytes of an X-Wing public key. */
export const KEM_PUBLIC_KEY_BYTES = 1216;
/** Bytes of an X-Wing private key, which is its seed. */
export const KEM_PRIVATE_KEY_BYTES = 32;
/** Bytes of an encapsulated key (`enc`). */
export const KEM_ENC_BYTES = 1120;
/** By how much `ct` is longer than the plaintext. */
export const HPKE_TAG_BYTES = 16;

export type KemKeyPair = {
  /** 1,216 bytes. */
  readonly publicKey: Uint8Array;
  /** 32 bytes, secret. */
  readonly privateKey: Uint8Array;
};

/** 1,216 bytes, or what {@link readyPublicKey} made of them. */
export type KemPublicKey = Uint8Array | PlatformPublicKey;
/** 32 bytes, secret, or what {@link readyPrivateKey} made of them. */
export type KemPrivateKey = Uint8Array | PlatformPrivateKey;

export type SealedBox = {
  /** Encapsulated key, 1,120 bytes. */
  readonly enc: Uint8Array;
  /** Ciphertext with its 16-byte tag. */
  readonly ct: Uint8Array;
};

const EMPTY = new Uint8Array();
/** What `node:crypto` does of it; loaded where that is, so that no page loads it. */
const nodeHpke = nodeCrypto === undefined ? undefined : import("./nodeHpke.ts");

export async function generateKemKeyPair(): Promise<KemKeyPair> {
  const seed = randomBytes(KEM_PRIVATE_KEY_BYTES);
  try {
    return await deriveKemKeyPair(seed);
  } finally {
    zeroise(seed);
  }
}

/** The key pair whose private key is `seed` (32 uniformly random bytes). The seed is copied. */
export async function deriveKemKeyPair(seed: Uint8Array): Promise<KemKeyPair> {
  if (seed.length !== KEM_PRIVATE_KEY_BYTES) {
    throw new RangeError(`an X-Wing seed has ${KEM_PRIVATE_KEY_BYTES} bytes, not ${seed.length}`);
  }
  const privateKey = Uint8Array.from(seed);
  const working = Uint8Array.from(seed);
  try {
    return { publicKey: await xWingPublicKey(working), privateKey };
  } finally {
    zeroise(working);
  }
}

/** The id of a KEM public key: keccak-256 of its 1,216 bytes. */
export function keyIdOf(publicKey: Uint8Array): Hex {
  return keccak256(publicKey);
}

/**
 * Seals `plaintext` so that only the holder of the private key, giving the same `info` and `aad`, can open it.
 *
 * @throws SEALED_BOX_INVALID when `publicKey` is not an X-Wing public key.
 */
export async function seal(parameters: seal.Parameters): Promise<SealedBox> {
  const { enc, secrets } = await toSend(parameters);
  return { enc, ct: await sealOnce(secrets, parameters) };
}

export declare namespace seal {
  type Parameters = {
    readonly publicKey: KemPublicKey;
    /** What the message is bound to; both sides build it by themselves. */
    readonly info: Uint8Array;
    readonly plaintext: Uint8Array;
    readonly aad?: Uint8Array;
  };
}

/**
 * Opens a box of {@link seal}.
 *
 * @throws SEALED_BOX_INVALID when key, `info`, `aad` or bytes differ from those of sealing.
 */
export async function open(parameters: open.Parameters): Promise<Uint8Array<ArrayBuffer>> {
  return openOnce(await toReceive(parameters), parameters);
}

export declare namespace open {
  type Parameters = {
    readonly privateKey: KemPrivateKey;
    readonly info: Uint8Array;
    readonly enc: Uint8Array;
    readonly ct: Uint8Array;
    readonly aad?: Uint8Array;
  };
}

/** Exporter context from which the salt of a result's plaintext commitment comes (docs/protocol.md 5.4). */
export const RESULT_SALT_CONTEXT = "persona/result-salt/v1";

/** {@link seal}, and a secret of `exportLength` bytes (default 32) that only sealer and recipient can derive (RFC 9180, 5.3). */
export async function sealWithExport(
  parameters: seal.Parameters & { readonly exportContext: string; readonly exportLength?: number },
): Promise<SealedBox & { readonly exported: Uint8Array }> {
  const { enc, secrets } = await toSend(parameters);
  const exported = await exportOf(secrets, parameters);
  return { enc, ct: await sealOnce(secrets, parameters), exported };
}

/**
 * {@link open}, and the secret that {@link sealWithExport} gave the sealer.
 *
 * @throws SEALED_BOX_INVALID as {@link open} does.
 */
export async function openWithExport(
  parameters: open.Parameters & { readonly exportContext: string; readonly exportLength?: number },
): Promise<{ readonly plaintext: Uint8Array<ArrayBuffer>; readonly exported: Uint8Array }> {
  const secrets = await toReceive(parameters);
  const exported = await exportOf(secrets, parameters);
  return { plaintext: await openOnce(secrets, parameters), exported };
}

async function toSend({ publicKey, info }: seal.Parameters): Promise<{ enc: Uint8Array; secrets: HpkeSecrets }> {
  try {
    if (publicKey instanceof Uint8Array && publicKey.length !== KEM_PUBLIC_KEY_BYTES)
      throw new RangeError("not the length of a key");
    const { sharedSecret, enc } = await encapsulateTo(publicKey);
    return { enc, secrets: await hpkeSecrets(sharedSecret, info) };
  } catch (cause) {
    throw notPublicKey(publicKey, cause);
  }
}

async function encapsulateTo(publicKey: KemPublicKey) {
  return (await nodeHpke)?.encapsulateTo(publicKey) ?? xWingEncapsulate(bytesOf(publicKey));
}

export function notPublicKey(publicKey: KemPublicKey, cause: unknown): PersonaError {
  return new PersonaError("SEALED_BOX_INVALID", "The recipient's key is not a valid X-Wing public key.", {
    data: publicKey instanceof Uint8Array ? { bytes: publicKey.length } : {},
    cause,
  });
}

async function toReceive({ privateKey, enc, ct, info }: open.Parameters): Promise<HpkeSecrets> {
  if (enc.length !== KEM_ENC_BYTES || ct.length < HPKE_TAG_BYTES) {
    throw new PersonaError("SEALED_BOX_INVALID", "The sealed box does not have the lengths of one.", {
      data: { encBytes: enc.length, ctBytes: ct.length },
    });
  }
  try {
    if (privateKey instanceof Uint8Array && privateKey.length !== KEM_PRIVATE_KEY_BYTES)
      throw new RangeError("not the length of a key");
    return await hpkeSecrets(await decapsulateBy(privateKey, enc), info);
  } catch (cause) {
    throw new PersonaError("SEALED_BOX_INVALID", "The sealed box does not open with this key.", { cause });
  }
}

async function decapsulateBy(privateKey: KemPrivateKey, enc: Uint8Array) {
  return (await nodeHpke)?.decapsulateBy(privateKey, enc) ?? xWingDecapsulate(bytesOf(privateKey), enc);
}

/** Keys are in the platform's memory only where the platform does all of it. */
function bytesOf(key: KemPublicKey | KemPrivateKey): Uint8Array {
  if (key instanceof Uint8Array) return key;
  throw new TypeError("a key of another platform");
}

async function sealOnce({ key, nonce }: HpkeSecrets, { plaintext, aad = EMPTY }: seal.Parameters): Promise<Uint8Array> {
  try {
    const sealed = (await nodeHpke)?.gcm("seal", key, { nonce, bytes: plaintext, aad });
    if (sealed !== undefined) return sealed;
    return await aeadEncrypt(await importAeadKey(key, "encrypt"), nonce, plaintext, aad);
  } finally {
    zeroise(key);
  }
}

async function openOnce({ key, nonce }: HpkeSecrets, parameters: open.Parameters): Promise<Uint8Array<ArrayBuffer>> {
  const { ct: bytes, aad = EMPTY } = parameters;
  try {
    const opened = (await nodeHpke)?.gcm("open", key, { nonce, bytes, aad });
    if (opened !== undefined) return opened;
    return await aeadDecrypt(await importAeadKey(key, "decrypt"), nonce, bytes, aad);
  } catch (cause) {
    throw new PersonaError("SEALED_BOX_INVALID", "The sealed box does not open with this key in this context.", {
      cause,
    });
  } finally {
    zeroise(key);
  }
}

const exportOf = (
  { exportSecret }: HpkeSecrets,
  { exportContext, exportLength = 32 }: { readonly exportContext: string; readonly exportLength?: number },
): Promise<Uint8Array> => exportSecret(utf8(exportContext), exportLength);
