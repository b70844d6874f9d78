import { type NodeCrypto, type NodePublicKey, nodeCrypto } from "../../crypto/index.ts";
import type { SignatureAlgorithm } from "./algorithm.ts";
import type { PublicKey } from "./publicKey.ts";

/** Of the lengths that the algorithm has, with a key of its kind. */
export type SignatureParameters = {
  readonly algorithm: SignatureAlgorithm;
  readonly key: PublicKey;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
};

/** Roots, certification authorities and TCB signers: the same few are met again and again. */
const MAX_READY_KEYS = 64;

const webSchemes = {
  "ecdsa-sha256": {
    importAs: { name: "ECDSA", namedCurve: "P-256" },
    verifyAs: { name: "ECDSA", hash: "SHA-256" },
  },
  "ecdsa-sha384": {
    importAs: { name: "ECDSA", namedCurve: "P-384" },
    verifyAs: { name: "ECDSA", hash: "SHA-384" },
  },
  "rsa-pss-sha384": {
    importAs: { name: "RSA-PSS", hash: "SHA-384" },
    verifyAs: { name: "RSA-PSS", saltLength: 48 },
  },
} as const;

const nodeSchemes = {
  "ecdsa-sha256": { hash: "sha256", form: { dsaEncoding: "ieee-p1363" } },
  "ecdsa-sha384": { hash: "sha384", form: { dsaEncoding: "ieee-p1363" } },
  // RSA_PKCS1_PSS_PADDING
  "rsa-pss-sha384": { hash: "sha384", form: { padding: 6, saltLength: 48 } },
} as const;

/**
 * Does the signature verify, by the fastest that the platform has? A call of WebCrypto in Node crosses to another thread and
 * back, which costs half as much again as the signature itself.
 */
export const platformVerify: (parameters: SignatureParameters) => Promise<boolean> =
  nodeCrypto?.verify === undefined || nodeCrypto.createPublicKey === undefined ? webVerify() : nodeVerify(nodeCrypto);

/** By WebCrypto: browsers, and whatever else has it. */
export function webVerify(): (parameters: SignatureParameters) => Promise<boolean> {
  const keys = readyKeys<Promise<CryptoKey>>();
  return async ({ algorithm, key, signature, message }) => {
    const { importAs, verifyAs } = webSchemes[algorithm];
    const spki = key.spki as Uint8Array<ArrayBuffer>;
    let ready: CryptoKey;
    try {
      ready = await keys(algorithm, key, () => crypto.subtle.importKey("spki", spki, importAs, false, ["verify"]));
    } catch {
      // WebCrypto's one way to say that the point is not on the curve.
      return false;
    }
    const [signed, bytes] = [signature as Uint8Array<ArrayBuffer>, message as Uint8Array<ArrayBuffer>];
    return crypto.subtle.verify(verifyAs, ready, signed, bytes);
  };
}

/** By OpenSSL, at once. */
export function nodeVerify(node: NodeCrypto): (parameters: SignatureParameters) => Promise<boolean> {
  const keys = readyKeys<NodePublicKey>();
  return async ({ algorithm, key, signature, message }) => {
    const { hash, form } = nodeSchemes[algorithm];
    let ready: NodePublicKey;
    try {
      ready = keys(algorithm, key, () => node.createPublicKey({ key: key.spki, format: "der", type: "spki" }));
    } catch {
      // OpenSSL's one way to say that the point is not on the curve.
      return false;
    }
    return node.verify(hash, message, { key: ready, ...form }, signature);
  };
}

/** The last keys that were made, by their bytes. */
function readyKeys<T>(): (algorithm: SignatureAlgorithm, key: PublicKey, make: () => T) => T {
  const kept = new Map<string, T>();
  return (algorithm, key, make) => {
    const id = `${algorithm}/${String.fromCharCode(...key.spki)}`;
    const known = kept.get(id);
    if (known !== undefined) return known;
    const made = make();
    const [oldest] = kept.keys();
    if (kept.size >= MAX_READY_KEYS && oldest !== undefined) kept.delete(oldest);
    kept.set(id, made);
    return made;
  };
}
