import {
  KEM_PRIVATE_KEY_BYTES,
  KEM_PUBLIC_KEY_BYTES,
  type KemPrivateKey,
  type KemPublicKey,
  notPublicKey,
} from "./hpke.ts";
import { nodeHpkeCrypto } from "./nodeHpkeCrypto.ts";
import { platformPrivateKey, platformPublicKey } from "./nodeXWing.ts";

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
