/**
 * The part of `node:crypto` that is worth having where it is there. WebCrypto copies each input and output between threads
 * and allocates both anew; for a megabyte that costs more than the cipher or the hash itself (docs/envelope.md, Speed).
 * Asked for at run time, so that nothing of Node is imported and browsers and bundlers see nothing.
 */
export type NodeCrypto = {
  createHash(algorithm: "sha256"): NodeHash;
  createHmac(algorithm: "sha256", key: Uint8Array): NodeHash;
  hash(algorithm: "sha256", bytes: Uint8Array, encoding: "buffer"): Uint8Array<ArrayBuffer>;
  /** Of a text as UTF-8. */
  hash(algorithm: "sha256", text: string, encoding: "hex"): string;
  createSecretKey(key: Uint8Array): NodeSecretKey;
  createCipheriv(algorithm: "aes-256-gcm", key: NodeSecretKey, nonce: Uint8Array): NodeCipher;
  createDecipheriv(algorithm: "aes-256-gcm", key: NodeSecretKey, nonce: Uint8Array, options: TagLength): NodeDecipher;
  /** Of SubjectPublicKeyInfo. Throws where the point is not on its curve. */
  createPublicKey(key: { readonly key: Uint8Array; readonly format: "der"; readonly type: "spki" }): NodePublicKey;
  verify(
    algorithm: "sha256" | "sha384",
    message: Uint8Array,
    key: { readonly key: NodePublicKey } & NodeSignatureForm,
    signature: Uint8Array,
  ): boolean;
};

export type NodePublicKey = { readonly type: string; readonly asymmetricKeyType?: string };

/** r ‖ s of ECDSA, or RSA-PSS (padding 6). */
type NodeSignatureForm =
  | { readonly dsaEncoding: "ieee-p1363" }
  | { readonly padding: number; readonly saltLength: number };

/** A key in the platform's memory, which a heap dump does not show. */
export type NodeSecretKey = { readonly type: string };

type TagLength = { readonly authTagLength: number };
type NodeHash = { update(bytes: Uint8Array): NodeHash; digest(): Uint8Array<ArrayBuffer> };
type NodeCipher = {
  setAAD(aad: Uint8Array): void;
  update(bytes: Uint8Array): Uint8Array<ArrayBuffer>;
  final(): Uint8Array<ArrayBuffer>;
  getAuthTag(): Uint8Array<ArrayBuffer>;
};
type NodeDecipher = {
  setAAD(aad: Uint8Array): void;
  setAuthTag(tag: Uint8Array): void;
  update(bytes: Uint8Array): Uint8Array<ArrayBuffer>;
  final(): Uint8Array<ArrayBuffer>;
};

/** Undefined in browsers, and in a Node older than 22.3 or with an OpenSSL that lacks either algorithm. */
export const nodeCrypto: NodeCrypto | undefined = find();

function find(): NodeCrypto | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => Partial<NodeCrypto> | undefined };
  };
  try {
    const found = process?.getBuiltinModule?.("node:crypto");
    if (found?.hash === undefined || found.createSecretKey === undefined) return undefined;
    // Browserified stand-ins and restricted builds have the names and not the work behind them.
    found.hash("sha256", new Uint8Array(1), "buffer");
    found.createCipheriv?.("aes-256-gcm", found.createSecretKey(new Uint8Array(32)), new Uint8Array(12));
    return found as NodeCrypto;
  } catch {
    return undefined;
  }
}
