import { PersonaError } from "../errors/index.ts";
import { concatBytes, randomBytes } from "./bytes.ts";
import { nodeCrypto } from "./nodeCrypto.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const EMPTY = new Uint8Array();
/** Loaded in Node alone. */
const onThread = nodeCrypto === undefined ? undefined : import("./syncGcm.ts");
/** Up to here opening at once takes less than handing over to another thread. */
const MAX_SYNC_BYTES = 2 ** 16;

/**
 * AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce in front: `nonce ‖ ciphertext ‖ tag`. For keys that encrypt
 * few messages: after 2^32 of them under one key, nonces begin to collide.
 */
export async function aeadSeal(parameters: {
  readonly key: Uint8Array;
  readonly plaintext: Uint8Array;
  readonly aad?: Uint8Array;
}): Promise<Uint8Array<ArrayBuffer>> {
  const key = await importAeadKey(parameters.key, "encrypt");
  const nonce = randomBytes(NONCE_BYTES);
  return concatBytes(nonce, await aeadEncrypt(key, nonce, parameters.plaintext, parameters.aad ?? EMPTY));
}

/**
 * Opens what {@link aeadSeal} made.
 *
 * @throws SEALED_BOX_INVALID when key, associated data or bytes are not those it was sealed with.
 */
export async function aeadOpen(parameters: {
  readonly key: Uint8Array;
  readonly sealed: Uint8Array;
  readonly aad?: Uint8Array;
}): Promise<Uint8Array<ArrayBuffer>> {
  const { sealed } = parameters;
  if (sealed.length < NONCE_BYTES + TAG_BYTES) {
    throw new PersonaError("SEALED_BOX_INVALID", "The sealed message is too short to be one.", {
      data: { bytes: sealed.length },
    });
  }
  requireKeyLength(parameters.key);
  const [nonce, bytes] = [sealed.subarray(0, NONCE_BYTES), sealed.subarray(NONCE_BYTES)];
  const aad = parameters.aad ?? EMPTY;
  try {
    if (nodeCrypto !== undefined && sealed.length <= MAX_SYNC_BYTES)
      return (await onThread)?.gcmOpen(nodeCrypto, nodeCrypto.createSecretKey(parameters.key), {
        nonce,
        bytes,
        aad,
      }) as Uint8Array<ArrayBuffer>;
    return await aeadDecrypt(await importAeadKey(parameters.key, "decrypt"), nonce, bytes, aad);
  } catch (cause) {
    throw new PersonaError("SEALED_BOX_INVALID", "The sealed message does not open with this key.", { cause });
  }
}

/** A non-extractable AES-256-GCM key of 32 bytes. The caller zeroises its own copy. */
export async function importAeadKey(key: Uint8Array, use: "encrypt" | "decrypt"): Promise<CryptoKey> {
  requireKeyLength(key);
  return crypto.subtle.importKey("raw", key as Uint8Array<ArrayBuffer>, "AES-GCM", false, [use]);
}

function requireKeyLength(key: Uint8Array): void {
  if (key.length !== 32) throw new RangeError(`an AES-256 key has 32 bytes, not ${key.length}`);
}

/** `ciphertext ‖ tag` under a nonce that the caller never uses twice with this key. */
export async function aeadEncrypt(
  key: CryptoKey,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.encrypt(gcm(nonce, aad), key, plaintext as Uint8Array<ArrayBuffer>));
}

/** Rejects with the platform's OperationError when the tag does not fit; callers name the error. */
export async function aeadDecrypt(
  key: CryptoKey,
  nonce: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.decrypt(gcm(nonce, aad), key, sealed as Uint8Array<ArrayBuffer>));
}

function gcm(nonce: Uint8Array, aad: Uint8Array): AesGcmParams {
  return {
    name: "AES-GCM",
    iv: nonce as Uint8Array<ArrayBuffer>,
    additionalData: aad as Uint8Array<ArrayBuffer>,
    tagLength: 128,
  };
}
