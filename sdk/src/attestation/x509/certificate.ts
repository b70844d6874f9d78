import { equalBytes } from "../../crypto/index.ts";
import { readSignatureAlgorithm, type SignatureAlgorithm } from "./algorithm.ts";
import {
  type DerValue,
  derTag,
  malformed,
  readBoolean,
  readChildren,
  readDer,
  readSerial,
  readSmall,
  readTime,
  readWholeBits,
  requireTag,
} from "./der.ts";
import { type Extension, readExtensions } from "./extensions.ts";
import { type DistinguishedName, readName, sameName } from "./name.ts";
import { type PublicKey, readPublicKey } from "./publicKey.ts";
import { readEcdsaSignature, verifySignature } from "./verifySignature.ts";

/** An X.509 v3 certificate (RFC 5280) that was read; nothing of it is believed before {@link isIssuedBy}. */
export type Certificate = {
  readonly der: Uint8Array;
  /** TBSCertificate: what the issuer has signed. */
  readonly tbs: Uint8Array;
  /** Lower-case hex without leading zero bytes. */
  readonly serial: string;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  /** Unix seconds, inclusive both. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: PublicKey;
  /** basicConstraints; false where the extension is missing. */
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
  /** Undefined where the extension is missing. */
  readonly keyUsage: KeyUsage | undefined;
  /** By dotted OID, each at most once. */
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly signatureAlgorithm: SignatureAlgorithm;
  /** As {@link verifySignature} takes it. */
  readonly signature: Uint8Array;
};

export type KeyUsage = { readonly digitalSignature: boolean; readonly keyCertSign: boolean; readonly crlSign: boolean };

const BASIC_CONSTRAINTS = "2.5.29.19";
const KEY_USAGE = "2.5.29.15";
/** What is judged here or by the verifiers. Any other critical extension is refused (RFC 5280, 4.2). */
const understood = new Set([BASIC_CONSTRAINTS, KEY_USAGE]);
const MAX_BYTES = 16_384;

/**
 * Reads one certificate.
 *
 * @param at what it is called in errors, such as "PCK certificate"
 * @throws CERTIFICATE_INVALID when a byte is not as DER and RFC 5280 say, or an algorithm is not one of the evidence's.
 */
export function readCertificate(der: Uint8Array, at = "certificate"): Certificate {
  if (der.length > MAX_BYTES) throw malformed(at, `it has more than ${MAX_BYTES} bytes`);
  const [tbs, outer, bits, ...rest] = readChildren(readDer(der, at), derTag.sequence, at);
  if (tbs === undefined || outer === undefined || rest.length > 0) throw malformed(at, "it is no certificate");
  const [version, serial, inner, issuer, validity, subject, spki, ...optional] = readChildren(tbs, derTag.sequence, at);
  if (version?.tag !== 0xa0 || readSmall(readDer(version.content, at), at, 2) !== 2) {
    throw malformed(at, "it is not of version 3");
  }
  if (inner === undefined || !equalBytes(inner.bytes, outer.bytes)) {
    throw malformed(at, "its two signature algorithms differ");
  }
  const times = readChildren(requireTag(validity, derTag.sequence, at), derTag.sequence, at);
  if (times.length !== 2) throw malformed(at, "its validity is not two times");
  const extensions = readOptional(optional, at);
  for (const [oid, { critical }] of extensions) {
    if (critical && !understood.has(oid)) throw malformed(at, `the critical extension ${oid} is not understood`);
  }
  const signatureAlgorithm = readSignatureAlgorithm(outer, at);
  return {
    der,
    tbs: tbs.bytes,
    serial: readSerial(serial, at),
    issuer: readName(issuer, at),
    subject: readName(subject, at),
    notBefore: readTime(times[0], at),
    notAfter: readTime(times[1], at),
    publicKey: readPublicKey(spki, at),
    ...readBasicConstraints(extensions.get(BASIC_CONSTRAINTS), at),
    keyUsage: readKeyUsage(extensions.get(KEY_USAGE), at),
    extensions,
    signatureAlgorithm,
    signature: readSignature(bits, signatureAlgorithm, at),
  };
}

/** Was `certificate` signed by `issuer`'s key, and does it name its subject, byte by byte? Says nothing about CA flags or time. */
export async function isIssuedBy(
  certificate: Certificate,
  issuer: Pick<Certificate, "subject" | "publicKey">,
): Promise<boolean> {
  if (!sameName(certificate.issuer, issuer.subject)) return false;
  const { signatureAlgorithm: algorithm, signature, tbs: message } = certificate;
  return verifySignature({ algorithm, key: issuer.publicKey, signature, message });
}

/** May it sign certificates: the CA flag, and keyCertSign where a key usage is given (RFC 5280, 6.1.4 k and n)? */
export function mayIssue(certificate: Certificate): boolean {
  return certificate.isCa && (certificate.keyUsage?.keyCertSign ?? true);
}

/** @param now Unix seconds */
export function isValidAt(certificate: Certificate, now: number): boolean {
  return certificate.notBefore <= now && now <= certificate.notAfter;
}

/** The signature of a certificate or CRL as {@link verifySignature} takes it. @throws CERTIFICATE_INVALID */
export function readSignature(bits: DerValue | undefined, algorithm: SignatureAlgorithm, at: string): Uint8Array {
  const bytes = readWholeBits(bits, at);
  switch (algorithm) {
    case "ecdsa-sha256":
      return readEcdsaSignature(bytes, 32, at);
    case "ecdsa-sha384":
      return readEcdsaSignature(bytes, 48, at);
    case "rsa-pss-sha384":
      return bytes;
  }
}

function readOptional(optional: readonly DerValue[], at: string): ReadonlyMap<string, Extension> {
  const [extensions, ...more] = optional;
  if (extensions === undefined) return new Map();
  // Unique identifiers ([1], [2]) were for certificates of version 2; no evidence has them.
  if (extensions.tag !== 0xa3 || more.length > 0) throw malformed(at, "it has fields that do not belong there");
  return readExtensions(readDer(extensions.content, at), at);
}

function readBasicConstraints(extension: Extension | undefined, at: string): Pick<Certificate, "isCa" | "pathLength"> {
  if (extension === undefined) return { isCa: false, pathLength: undefined };
  const fields = readChildren(readDer(extension.value, at), derTag.sequence, at);
  const [first, ...others] = fields;
  const isCa = first?.tag === derTag.boolean && readBoolean(first, at);
  const [length, ...rest] = first?.tag === derTag.boolean ? others : fields;
  if (rest.length > 0 || (length !== undefined && !isCa)) throw malformed(at, "its basic constraints contradict");
  return { isCa, pathLength: length === undefined ? undefined : readSmall(length, at, 255) };
}

function readKeyUsage(extension: Extension | undefined, at: string): KeyUsage | undefined {
  if (extension === undefined) return undefined;
  const { content } = requireTag(readDer(extension.value, at), derTag.bitString, at);
  const [unused, first] = content;
  if (unused === undefined || unused > 7 || first === undefined || content.length > 3) {
    throw malformed(at, "its key usage is no bit string");
  }
  return {
    digitalSignature: (first & 0x80) !== 0,
    keyCertSign: (first & 0x04) !== 0,
    crlSign: (first & 0x02) !== 0,
  };
}
