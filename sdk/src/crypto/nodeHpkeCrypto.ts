import { nodeCrypto } from "./nodeCrypto.ts";

/**
 * What HPKE needs of `node:crypto` beside {@link nodeCrypto}. WebCrypto does the same through some fifteen jobs of the thread pool a box, each with keys
 * and buffers of its own: on a busy machine the hand-overs take several times longer than the arithmetic.
 */
export type NodeHpkeCrypto = {
  createHash(algorithm: "sha3-256" | "shake256", options?: { readonly outputLength: number }): NodeHash;
  createPrivateKey(key: EncodedKey<"pkcs8">): NodeKey;
  createPublicKey(key: EncodedKey<"spki"> | NodeKey): NodeKey;
  generateKeyPairSync(
    type: "x25519",
    options: { readonly publicKeyEncoding: { readonly type: "spki"; readonly format: "der" } },
  ): { readonly publicKey: Bytes; readonly privateKey: NodeKey };
  diffieHellman(keys: { readonly privateKey: NodeKey; readonly publicKey: NodeKey }): Bytes;
  encapsulate(publicKey: NodeKey): { readonly sharedKey: Bytes; readonly ciphertext: Bytes };
  decapsulate(privateKey: NodeKey, ciphertext: Uint8Array): Bytes;
};

export type NodeKey = { export(options: { readonly format: "der"; readonly type: "spki" }): Bytes };

type Bytes = Uint8Array<ArrayBuffer>;
type EncodedKey<type> = { readonly key: Uint8Array; readonly format: "der"; readonly type: type };
type NodeHash = { update(bytes: Uint8Array): NodeHash; digest(): Bytes };

/** PrivateKeyInfo around 32 raw bytes of X25519 (RFC 8410, section 7). */
const X25519_PRIVATE = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20);
/** SubjectPublicKeyInfo around 32 raw bytes of X25519 (RFC 8410, section 4). */
const X25519_PUBLIC = Uint8Array.of(0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 3, 0x21, 0);
/** id-alg-ml-kem-768 as an AlgorithmIdentifier. */
const ML_KEM_768 = [0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 4, 2] as const;
/** PrivateKeyInfo around the 64-byte seed `d ‖ z` of ML-KEM-768 (RFC 9935, the choice `seed`). */
const ML_KEM_SEED = Uint8Array.of(0x30, 0x54, 2, 1, 0, ...ML_KEM_768, 4, 0x42, 0x80, 0x40);
/** SubjectPublicKeyInfo around 1,184 raw bytes of ML-KEM-768. */
const ML_KEM_PUBLIC = Uint8Array.of(0x30, 0x82, 4, 0xb2, ...ML_KEM_768, 3, 0x82, 4, 0xa1, 0);

/** Undefined in browsers, and in a Node whose OpenSSL (before 3.5) or whose `node:crypto` (before 24.7) lacks ML-KEM. */
export const nodeHpkeCrypto: NodeHpkeCrypto | undefined = find();

export function x25519Private(node: NodeHpkeCrypto, raw: Uint8Array): NodeKey {
  return withSecret(X25519_PRIVATE, raw, (key) => node.createPrivateKey({ key, format: "der", type: "pkcs8" }));
}

/** @param seed 64 bytes */
export function mlKemPrivate(node: NodeHpkeCrypto, seed: Uint8Array): NodeKey {
  return withSecret(ML_KEM_SEED, seed, (key) => node.createPrivateKey({ key, format: "der", type: "pkcs8" }));
}

export function x25519Public(node: NodeHpkeCrypto, raw: Uint8Array): NodeKey {
  return node.createPublicKey({ key: join(X25519_PUBLIC, raw), format: "der", type: "spki" });
}

/** @throws Error when the 1,184 bytes are not the encoding of a key (FIPS 203, 7.2) */
export function mlKemPublic(node: NodeHpkeCrypto, raw: Uint8Array): NodeKey {
  return node.createPublicKey({ key: join(ML_KEM_PUBLIC, raw), format: "der", type: "spki" });
}

/** The 32 raw bytes of an X25519 public key. */
export function rawX25519(key: NodeKey): Uint8Array<ArrayBuffer> {
  return rawX25519OfSpki(key.export({ format: "der", type: "spki" }));
}

/** The same, of the key's encoding. */
export function rawX25519OfSpki(spki: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(spki.subarray(X25519_PUBLIC.length));
}

function join(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(head.length + tail.length);
  out.set(head);
  out.set(tail, head.length);
  return out;
}

function withSecret<result>(head: Uint8Array, secret: Uint8Array, use: (encoded: Uint8Array) => result): result {
  const encoded = join(head, secret);
  try {
    return use(encoded);
  } finally {
    encoded.fill(0);
  }
}

function find(): NodeHpkeCrypto | undefined {
  const found = nodeCrypto as (typeof nodeCrypto & Partial<NodeHpkeCrypto>) | undefined;
  if (found?.encapsulate === undefined || found.decapsulate === undefined) return undefined;
  const node = found as unknown as NodeHpkeCrypto;
  try {
    // Names without the algorithms behind them, as in restricted builds, do not count.
    mlKemPrivate(node, new Uint8Array(64));
    x25519Private(node, new Uint8Array(32).fill(1));
    node.createHash("shake256", { outputLength: 96 });
    node.createHash("sha3-256");
    return node;
  } catch {
    return undefined;
  }
}
