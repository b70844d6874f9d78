import { concatBytes } from "./bytes.ts";
import type { NodeCrypto, NodeSecretKey } from "./nodeCrypto.ts";

const TAG_BYTES = 16;

/** AES-256-GCM on the calling thread: `ciphertext ‖ tag`. For what is small: WebCrypto hands each message to another thread. */
export function gcmSeal(node: NodeCrypto, key: NodeSecretKey, message: gcmSeal.Message): Uint8Array<ArrayBuffer> {
  const cipher = node.createCipheriv("aes-256-gcm", key, message.nonce);
  cipher.setAAD(message.aad);
  return concatBytes(cipher.update(message.bytes), cipher.final(), cipher.getAuthTag());
}

export declare namespace gcmSeal {
  type Message = { readonly nonce: Uint8Array; readonly bytes: Uint8Array; readonly aad: Uint8Array };
}

/** Opens what {@link gcmSeal} or WebCrypto made. @throws Error when the tag does not fit */
export function gcmOpen(node: NodeCrypto, key: NodeSecretKey, message: gcmSeal.Message): Uint8Array<ArrayBuffer> {
  const { nonce, bytes, aad } = message;
  const end = bytes.length - TAG_BYTES;
  if (end < 0) throw new Error("shorter than its tag");
  const decipher = node.createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad);
  decipher.setAuthTag(bytes.subarray(end));
  const plaintext = decipher.update(bytes.subarray(0, end));
  // Nothing of it leaves before the tag has been checked.
  decipher.final();
  return Uint8Array.from(plaintext);
}
