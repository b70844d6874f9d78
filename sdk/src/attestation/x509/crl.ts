import { equalBytes } from "../../crypto/index.ts";
import { readSignatureAlgorithm, type SignatureAlgorithm } from "./algorithm.ts";
import { type Certificate, readSignature } from "./certificate.ts";
import {
  type DerValue,
  derTag,
  malformed,
  readChildren,
  readDer,
  readSerial,
  readSmall,
  readTime,
  readUnsigned,
} from "./der.ts";
import { readExtensions } from "./extensions.ts";
import { type DistinguishedName, readName, sameName } from "./name.ts";
import { verifySignature } from "./verifySignature.ts";

/** A certificate revocation list, version 2 (RFC 5280, 5); nothing of it is believed before {@link isCrlOf}. */
export type Crl = {
  readonly der: Uint8Array;
  /** TBSCertList: what the issuer has signed. */
  readonly tbs: Uint8Array;
  readonly issuer: DistinguishedName;
  /** Unix seconds. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  /** cRLNumber; undefined where there is none. */
  readonly number: bigint | undefined;
  /** Serial numbers as {@link Certificate.serial}. */
  readonly revoked: ReadonlySet<string>;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
};

const CRL_NUMBER = "2.5.29.20";
/** Intel's largest has 40 KB. */
const MAX_BYTES = 4_194_304;

/** @throws CERTIFICATE_INVALID, also for delta and indirect lists: they have critical extensions, and their entries mean other things. */
export function readCrl(der: Uint8Array, at = "revocation list"): Crl {
  if (der.length > MAX_BYTES) throw malformed(at, `it has more than ${MAX_BYTES} bytes`);
  const [tbs, outer, bits, ...rest] = readChildren(readDer(der, at), derTag.sequence, at);
  if (tbs === undefined || outer === undefined || rest.length > 0) throw malformed(at, "it is no revocation list");
  const [version, inner, issuer, thisUpdate, nextUpdate, ...optional] = readChildren(tbs, derTag.sequence, at);
  if (version?.tag !== derTag.integer || readSmall(version, at, 1) !== 1) throw malformed(at, "it is not of version 2");
  if (inner === undefined || !equalBytes(inner.bytes, outer.bytes)) {
    throw malformed(at, "its two signature algorithms differ");
  }
  const entries = optional[0]?.tag === derTag.sequence ? optional[0] : undefined;
  const [extensions, ...more] = entries === undefined ? optional : optional.slice(1);
  if (more.length > 0) throw malformed(at, "it has fields that do not belong there");
  const signatureAlgorithm = readSignatureAlgorithm(outer, at);
  return {
    der,
    tbs: tbs.bytes,
    issuer: readName(issuer, at),
    thisUpdate: readTime(thisUpdate, at),
    nextUpdate: readTime(nextUpdate, at),
    number: readNumber(extensions, at),
    revoked: new Set(entries === undefined ? [] : readEntries(entries, at)),
    signatureAlgorithm,
    signature: readSignature(bits, signatureAlgorithm, at),
  };
}

/** Was the list signed by this certificate's key, does it name its subject, and may it sign lists? Says nothing about time. */
export async function isCrlOf(
  crl: Crl,
  issuer: Pick<Certificate, "subject" | "publicKey" | "isCa" | "keyUsage">,
): Promise<boolean> {
  if (!sameName(crl.issuer, issuer.subject) || !issuer.isCa || issuer.keyUsage?.crlSign === false) return false;
  const { signatureAlgorithm: algorithm, signature, tbs: message } = crl;
  return verifySignature({ algorithm, key: issuer.publicKey, signature, message });
}

/** @param now Unix seconds; a list is good up to its next update, and no second longer. */
export function isCurrentAt(crl: Crl, now: number): boolean {
  return crl.thisUpdate <= now && now < crl.nextUpdate;
}

function readEntries(entries: DerValue, at: string): string[] {
  return readChildren(entries, derTag.sequence, at).map((entry) => {
    const [serial, date, extensions, ...rest] = readChildren(entry, derTag.sequence, at);
    readTime(date, at);
    if (rest.length > 0) throw malformed(at, "an entry has fields that do not belong there");
    if (extensions !== undefined) requireUncritical(readExtensions(extensions, at), at);
    return readSerial(serial, at);
  });
}

function readNumber(extensions: DerValue | undefined, at: string): bigint | undefined {
  if (extensions === undefined) return undefined;
  if (extensions.tag !== 0xa0) throw malformed(at, "it has fields that do not belong there");
  const found = readExtensions(readDer(extensions.content, at), at);
  requireUncritical(found, at);
  const number = found.get(CRL_NUMBER);
  if (number === undefined) return undefined;
  return readUnsigned(readDer(number.value, at), at).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

function requireUncritical(extensions: ReadonlyMap<string, { readonly critical: boolean }>, at: string): void {
  for (const [oid, { critical }] of extensions) {
    if (critical) throw malformed(at, `the critical extension ${oid} is not understood`);
  }
}
