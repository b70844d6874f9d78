import type { KemPrivateKey, KemPublicKey } from "./hpke.ts";
import { nodeCrypto } from "./nodeCrypto.ts";
import { nodeHpkeCrypto } from "./nodeHpkeCrypto.ts";
import { decapsulate, encapsulate, platformPrivateKey, platformPublicKey } from "./nodeXWing.ts";
import { gcmOpen, gcmSeal } from "./syncGcm.ts";

/** What HPKE has of `node:crypto`. Each is undefined where this platform lacks it. */

export function encapsulateTo(publicKey: KemPublicKey) {
  if (nodeHpkeCrypto === undefined) return undefined;
  const ready = publicKey instanceof Uint8Array ? platformPublicKey(nodeHpkeCrypto, publicKey) : publicKey;
  return encapsulate(nodeHpkeCrypto, ready);
}

export function decapsulateBy(privateKey: KemPrivateKey, enc: Uint8Array) {
  if (nodeHpkeCrypto === undefined) return undefined;
  const ready = privateKey instanceof Uint8Array ? platformPrivateKey(nodeHpkeCrypto, privateKey) : privateKey;
  return decapsulate(nodeHpkeCrypto, ready, enc);
}

/** The key goes to the platform's memory: the bytes that HPKE derived are the caller's to forget. */
export function gcm(how: "seal" | "open", key: Uint8Array, message: gcmSeal.Message) {
  if (nodeCrypto === undefined) return undefined;
  return (how === "seal" ? gcmSeal : gcmOpen)(nodeCrypto, nodeCrypto.createSecretKey(key), message);
}
