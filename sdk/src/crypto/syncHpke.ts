import { type AeadEncryptionContext, Aes256Gcm, HkdfSha256 } from "@hpke/core";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesOf, concatBytes } from "./bytes.ts";
import { hkdfSha256 } from "./hkdf.ts";
import { nodeCrypto } from "./nodeCrypto.ts";

const TAG_BYTES = 16;

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
      async seal(iv, data, aad) {
        const cipher = node.createCipheriv("aes-256-gcm", secret, bytesOf(iv));
        cipher.setAAD(bytesOf(aad));
        return concatBytes(cipher.update(bytesOf(data)), cipher.final(), cipher.getAuthTag()).buffer;
      },
      async open(iv, data, aad) {
        const sealed = bytesOf(data);
        const end = sealed.length - TAG_BYTES;
        if (end < 0) throw new Error("shorter than its tag");
        const decipher = node.createDecipheriv("aes-256-gcm", secret, bytesOf(iv), { authTagLength: TAG_BYTES });
        decipher.setAAD(bytesOf(aad));
        decipher.setAuthTag(sealed.subarray(end));
        const plaintext = decipher.update(sealed.subarray(0, end));
        // Nothing of it leaves before the tag has been checked.
        decipher.final();
        return Uint8Array.from(plaintext).buffer;
      },
    };
  }
}
