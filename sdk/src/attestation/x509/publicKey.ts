import {
  type DerValue,
  derTag,
  malformed,
  readChildren,
  readDer,
  readOid,
  readUnsigned,
  readWholeBits,
} from "./der.ts";

export type KeyKind = "P-256" | "P-384" | "RSA-4096";

/** A public key that was read and not yet used: a point off its curve is found by {@link verifySignature}. */
export type PublicKey = {
  readonly kind: KeyKind;
  /** SubjectPublicKeyInfo (RFC 5280, 4.1.2.7). */
  readonly spki: Uint8Array;
  /** Of an elliptic curve: x ‖ y. */
  readonly point?: Uint8Array;
};

const EC = "1.2.840.10045.2.1";
const RSA = "1.2.840.113549.1.1.1";
const curves: Readonly<Record<string, { readonly kind: "P-256" | "P-384"; readonly bytes: number }>> = {
  "1.2.840.10045.3.1.7": { kind: "P-256", bytes: 64 },
  "1.3.132.0.34": { kind: "P-384", bytes: 96 },
};
const RSA_BYTES = 512;
const RSA_EXPONENT = [1, 0, 1];

/** SubjectPublicKeyInfo up to the point of a P-256 key. */
const P256_SPKI = [
  ...[0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
  ...[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04],
];

/** @throws CERTIFICATE_INVALID for any other than P-256, P-384 (uncompressed) and RSA of 4,096 bits with exponent 65537. */
export function readPublicKey(value: DerValue | undefined, at: string): PublicKey {
  if (value === undefined) throw malformed(at, "it is missing");
  const [algorithm, bits, ...rest] = readChildren(value, derTag.sequence, at);
  if (algorithm === undefined || rest.length > 0) throw malformed(at, "it is no public key");
  const [oid, parameters, ...more] = readChildren(algorithm, derTag.sequence, at);
  if (more.length > 0) throw malformed(at, "its algorithm has too many parameters");
  const key = readWholeBits(bits, at);
  const name = readOid(oid, at);
  if (name === EC) {
    const curve = curves[readOid(parameters, at)];
    if (curve === undefined) throw malformed(at, "its curve is neither P-256 nor P-384");
    if (key.length !== curve.bytes + 1 || key[0] !== 4) throw malformed(at, "its point is not uncompressed");
    return { kind: curve.kind, spki: value.bytes, point: key.subarray(1) };
  }
  if (name !== RSA || parameters?.tag !== 0x05 || parameters.content.length > 0) {
    throw malformed(at, `keys of ${name} are not used by any evidence`);
  }
  const [modulus, exponent, ...others] = readChildren(readDer(key, at), derTag.sequence, at);
  const fits =
    readUnsigned(modulus, at).length === RSA_BYTES &&
    String([...readUnsigned(exponent, at)]) === String(RSA_EXPONENT) &&
    others.length === 0;
  if (!fits) throw malformed(at, "an RSA key has 4,096 bits and the exponent 65537");
  return { kind: "RSA-4096", spki: value.bytes };
}

/** The P-256 key with this point. @param point x ‖ y, 64 bytes */
export function p256PublicKey(point: Uint8Array): PublicKey {
  if (point.length !== 64) throw malformed("public key", "a point of P-256 has 64 bytes");
  const spki = new Uint8Array(P256_SPKI.length + 64);
  spki.set(P256_SPKI);
  spki.set(point, P256_SPKI.length);
  return { kind: "P-256", spki, point };
}
