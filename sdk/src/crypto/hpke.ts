import { CipherSuite } from "@hpke/core";

import type { Hex } from "viem";
import { PersonaError } from "../errors/index.ts";
import { randomBytes, zeroise } from "./bytes.ts";
import { NativeXWing } from "./nativeXWing.ts";
import { nodeHpkeCrypto } from "./nodeHpkeCrypto.ts";
import { type PlatformPrivateKey, type PlatformPublicKey, platformPrivateKey, platformPublicKey } from "./nodeXWing.ts";
import { keccak256 } from "./sha256.ts";
import { SyncAes256Gcm, SyncHkdfSha256 } from "./syncHpke.ts";

/**
 * HPKE base mode (RFC 9180) with X-Wing (X25519 and ML-KEM-768, draft-connolly-cfrg-xwing-kem), HKDF-SHA-256 and
 * AES-256-GCM: what is sealed today stays closed unless both the elliptic curve and the lattice fall. Base mode does
 * not say who sealed; who may have is the business of commitments and signatures around it.
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

const kem = new NativeXWing();
const suite = new CipherSuite({ kem, kdf: new SyncHkdfSha256(), aead: new SyncAes256Gcm() });
const EMPTY = new Uint8Array();

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
    const pair = await kem.generateKeyPairDerand(working);
    return { publicKey: new Uint8Array(await kem.serializePublicKey(pair.publicKey)), privateKey };
  } finally {
    zeroise(working);
  }
}

/**
 * Makes a private key ready for many boxes, which takes longer than opening one: in the platform's memory where it can hold
 * such keys, otherwise a copy. It lives until nobody holds it any more, whatever becomes of `privateKey`.
 */
export function readyPrivateKey(privateKey: Uint8Array): KemPrivateKey {
  if (privateKey.length !== KEM_PRIVATE_KEY_BYTES) {
    throw new RangeError(`an X-Wing private key has ${KEM_PRIVATE_KEY_BYTES} bytes, not ${privateKey.length}`);
  }
  return nodeHpkeCrypto === undefined ? Uint8Array.from(privateKey) : platformPrivateKey(nodeHpkeCrypto, privateKey);
}

/**
 * Makes a public key ready for several boxes.
 *
 * @throws SEALED_BOX_INVALID when it is not an X-Wing public key.
 */
export function readyPublicKey(publicKey: Uint8Array): KemPublicKey {
  try {
    if (publicKey.length !== KEM_PUBLIC_KEY_BYTES) throw new RangeError("not the length of a key");
    return nodeHpkeCrypto === undefined ? Uint8Array.from(publicKey) : platformPublicKey(nodeHpkeCrypto, publicKey);
  } catch (cause) {
    throw notPublicKey(publicKey, cause);
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
  const context = await senderContext(parameters);
  return sealOnce(context, parameters);
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
  const context = await recipientContext(parameters);
  return openOnce(context, parameters);
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
  const context = await senderContext(parameters);
  const box = await sealOnce(context, parameters);
  return { ...box, exported: await exportSecret(context, parameters) };
}

/**
 * {@link open}, and the secret that {@link sealWithExport} gave the sealer.
 *
 * @throws SEALED_BOX_INVALID as {@link open} does.
 */
export async function openWithExport(
  parameters: open.Parameters & { readonly exportContext: string; readonly exportLength?: number },
): Promise<{ readonly plaintext: Uint8Array<ArrayBuffer>; readonly exported: Uint8Array }> {
  const context = await recipientContext(parameters);
  const plaintext = await openOnce(context, parameters);
  return { plaintext, exported: await exportSecret(context, parameters) };
}

type SenderContext = Awaited<ReturnType<typeof suite.createSenderContext>>;
type RecipientContext = Awaited<ReturnType<typeof suite.createRecipientContext>>;

async function senderContext({ publicKey, info }: seal.Parameters): Promise<SenderContext> {
  try {
    const recipientPublicKey =
      publicKey instanceof Uint8Array ? await kem.deserializePublicKey(Uint8Array.from(publicKey)) : handle(publicKey);
    return await suite.createSenderContext({ recipientPublicKey, info: Uint8Array.from(info) });
  } catch (cause) {
    throw notPublicKey(publicKey, cause);
  }
}

function notPublicKey(publicKey: KemPublicKey, cause: unknown): PersonaError {
  return new PersonaError("SEALED_BOX_INVALID", "The recipient's key is not a valid X-Wing public key.", {
    data: publicKey instanceof Uint8Array ? { bytes: publicKey.length } : {},
    cause,
  });
}

/** The package hands keys on to the KEM, which is ours, without looking at them. */
function handle(key: PlatformPublicKey | PlatformPrivateKey): CryptoKey {
  return key as object as CryptoKey;
}

async function recipientContext(parameters: open.Parameters): Promise<RecipientContext> {
  if (parameters.enc.length !== KEM_ENC_BYTES || parameters.ct.length < HPKE_TAG_BYTES) {
    throw new PersonaError("SEALED_BOX_INVALID", "The sealed box does not have the lengths of one.", {
      data: { encBytes: parameters.enc.length, ctBytes: parameters.ct.length },
    });
  }
  const { privateKey } = parameters;
  const working = privateKey instanceof Uint8Array ? Uint8Array.from(privateKey) : privateKey;
  try {
    const recipientKey = working instanceof Uint8Array ? await kem.deserializePrivateKey(working) : handle(working);
    return await suite.createRecipientContext({
      recipientKey,
      enc: Uint8Array.from(parameters.enc),
      info: Uint8Array.from(parameters.info),
    });
  } catch (cause) {
    throw new PersonaError("SEALED_BOX_INVALID", "The sealed box does not open with this key.", { cause });
  } finally {
    if (working instanceof Uint8Array) zeroise(working);
  }
}

async function sealOnce(context: SenderContext, parameters: seal.Parameters): Promise<SealedBox> {
  const ct = await context.seal(parameters.plaintext, parameters.aad ?? EMPTY);
  return { enc: new Uint8Array(context.enc), ct: new Uint8Array(ct) };
}

async function openOnce(context: RecipientContext, parameters: open.Parameters): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await context.open(parameters.ct, parameters.aad ?? EMPTY));
  } catch (cause) {
    throw new PersonaError("SEALED_BOX_INVALID", "The sealed box does not open with this key in this context.", {
      cause,
    });
  }
}

async function exportSecret(
  context: SenderContext | RecipientContext,
  parameters: { readonly exportContext: string; readonly exportLength?: number },
): Promise<Uint8Array> {
  const label = new TextEncoder().encode(parameters.exportContext);
  return new Uint8Array(await context.export(label, parameters.exportLength ?? 32));
}
