import type { SignatureAlgorithm } from "./algorithm.ts";
import { derTag, malformed, readChildren, readDer, readUnsigned } from "./der.ts";
import { platformVerify } from "./platformVerify.ts";
import type { KeyKind, PublicKey } from "./publicKey.ts";

const kinds: Readonly<Record<SignatureAlgorithm, { readonly kind: KeyKind; readonly signatureBytes: number }>> = {
  "ecdsa-sha256": { kind: "P-256", signatureBytes: 64 },
  "ecdsa-sha384": { kind: "P-384", signatureBytes: 96 },
  "rsa-pss-sha384": { kind: "RSA-4096", signatureBytes: 512 },
};

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
  const { algorithm, key, signature } = parameters;
  const { kind, signatureBytes } = kinds[algorithm];
  if (key.kind !== kind || signature.length !== signatureBytes) return false;
  return platformVerify(parameters);
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
