import type { SignatureAlgorithm } from "./algorithm.ts";
import { derTag, hexOf, malformed, readChildren, readDer, readUnsigned } from "./der.ts";
import type { KeyKind, PublicKey } from "./publicKey.ts";

/** Of roots, certification authorities and TCB signers, the same few are met again and again. */
const MAX_READY_KEYS = 64;

type Scheme = {
  readonly kind: KeyKind;
  readonly importAs: { name: "ECDSA"; namedCurve: string } | { name: "RSA-PSS"; hash: string };
  readonly verifyAs: { name: "ECDSA"; hash: string } | { name: "RSA-PSS"; saltLength: number };
};

const schemes: Readonly<Record<SignatureAlgorithm, Scheme>> = {
  "ecdsa-sha256": {
    kind: "P-256",
    importAs: { name: "ECDSA", namedCurve: "P-256" },
    verifyAs: { name: "ECDSA", hash: "SHA-256" },
  },
  "ecdsa-sha384": {
    kind: "P-384",
    importAs: { name: "ECDSA", namedCurve: "P-384" },
    verifyAs: { name: "ECDSA", hash: "SHA-384" },
  },
  "rsa-pss-sha384": {
    kind: "RSA-4096",
    importAs: { name: "RSA-PSS", hash: "SHA-384" },
    verifyAs: { name: "RSA-PSS", saltLength: 48 },
  },
};

const readyKeys = new Map<string, Promise<CryptoKey>>();

/**
 * Does `signature` over `message` verify under `key`? A key of another kind than the algorithm's, a point that is not on its
 * curve and a signature of another length are false.
 *
 * @param signature r ‖ s in fixed length for ECDSA ({@link readEcdsaSignature} for certificates), the bytes for RSA-PSS.
 *   High s is as good as low s: Intel does not normalise.
 */
export async function verifySignature(parameters: {
  readonly algorithm: SignatureAlgorithm;
  readonly key: PublicKey;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
}): Promise<boolean> {
  const { algorithm, key, signature, message } = parameters;
  const scheme = schemes[algorithm];
  if (key.kind !== scheme.kind) return false;
  let ready: CryptoKey;
  try {
    ready = await readyKey(key, scheme);
  } catch {
    // WebCrypto's one way to say that the point is not on the curve.
    return false;
  }
  return crypto.subtle.verify(
    scheme.verifyAs,
    ready,
    signature as Uint8Array<ArrayBuffer>,
    message as Uint8Array<ArrayBuffer>,
  );
}

/** r ‖ s in fixed length of the DER form that certificates and CRLs have. @throws CERTIFICATE_INVALID */
export function readEcdsaSignature(der: Uint8Array, halfBytes: 32 | 48, at: string): Uint8Array {
  const [r, s, ...rest] = readChildren(readDer(der, at), derTag.sequence, at);
  const signature = new Uint8Array(2 * halfBytes);
  for (const [index, part] of [r, s].entries()) {
    const magnitude = readUnsigned(part, at);
    if (magnitude.length > halfBytes) throw malformed(at, "r or s is too large");
    signature.set(magnitude, (index + 1) * halfBytes - magnitude.length);
  }
  if (rest.length > 0) throw malformed(at, "there are bytes behind r and s");
  return signature;
}

async function readyKey(key: PublicKey, scheme: Scheme): Promise<CryptoKey> {
  const id = hexOf(key.spki);
  const known = readyKeys.get(id);
  if (known !== undefined) return known;
  const ready = crypto.subtle.importKey("spki", key.spki as Uint8Array<ArrayBuffer>, scheme.importAs, false, [
    "verify",
  ]);
  const oldest = readyKeys.keys().next();
  if (readyKeys.size >= MAX_READY_KEYS && oldest.done === false) readyKeys.delete(oldest.value);
  readyKeys.set(id, ready);
  return ready;
}
