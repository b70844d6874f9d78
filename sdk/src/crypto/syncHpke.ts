import { type AeadEncryptionContext, Aes256Gcm, HkdfSha256 } from "@hpke/core";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesOf } from "./bytes.ts";
import { hkdfSha256 } from "./hkdf.ts";
import { nodeCrypto } from "./nodeCrypto.ts";
import { gcmOpen, gcmSeal } from "./syncGcm.ts";

/**
 * HKDF-SHA-256 (RFC 5869) on the calling thread, by the same package as everywhere else here: a box takes eight of these
 * hashes of a few hundred bytes, and each of them would be two or three jobs of WebCrypto.
 */
export class SyncHkdfSha256 extends HkdfSha256 {
  override async extract(salt: Input, ikm: Input): Promise<ArrayBuffer> {
    return Uint8Array.from(extract(sha256, bytesOf(ikm), bytesOf(salt))).buffer;
  }

  override async expand(prk: Input, info: Input, length: number): Promise<ArrayBuffer> {
    return Uint8Array.from(expand(sha256, bytesOf(prk), bytesOf(info), length)).buffer;
  }

  override async extractAndExpand(salt: Input, ikm: Input, info: Input, length: number): Promise<ArrayBuffer> {
    return hkdfSha256({ salt: bytesOf(salt), ikm: bytesOf(ikm), info: bytesOf(info), length }).buffer;
  }
}

type Input = ArrayBufferLike | ArrayBufferView;

/** AES-256-GCM on the calling thread where `node:crypto` is there. */
export class SyncAes256Gcm extends Aes256Gcm {
  override createEncryptionContext(key: Input): AeadEncryptionContext {
    const node = nodeCrypto;
    if (node === undefined) return super.createEncryptionContext(key);
    // In the platform's memory: the bytes that HPKE derived are the caller's to forget.
    const secret = node.createSecretKey(bytesOf(key));
    return {
      seal: async (iv, data, aad) => gcmSeal(node, secret, parts(iv, data, aad)).buffer,
      open: async (iv, data, aad) => gcmOpen(node, secret, parts(iv, data, aad)).buffer,
    };
  }
}

function parts(nonce: Input, bytes: Input, aad: Input): gcmSeal.Message {
  return { nonce: bytesOf(nonce), bytes: bytesOf(bytes), aad: bytesOf(aad) };
}
