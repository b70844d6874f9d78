import { sha256 } from "../../crypto/index.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import { hexOf } from "./der.ts";
import { verifySignature } from "./verifySignature.ts";

/** Of regions, zones, platforms and chips: met in evidence after evidence. At most 16 KB each. */
const MAX_KNOWN = 256;

/** Certificates that were signed by their issuer, and those issuers, as they were read: by the SHA-256 of their DER. */
const known = new Map<string, Certificate>();
/** Whose signature is on what: digests of issuer and certificate. */
const links = new Set<string>();
/** One hash for each certificate that was read, and not one for each question. */
const digests = new WeakMap<Certificate, string>();

/** SHA-256 of a certificate's DER, in hex without 0x. */
export function certificateDigest(certificate: Certificate): string {
  const hashed = digests.get(certificate);
  if (hashed !== undefined) return hashed;
  const digest = hexOf(sha256(certificate.der));
  digests.set(certificate, digest);
  return digest;
}

/**
 * {@link readCertificate}, which is not done again for one whose signature {@link isSignedByKnown} has found good: what stands in a
 * certificate depends on its bytes alone, and all of them are in the digest. Time, names and revocation are judged by who asks, each time.
 * @throws CERTIFICATE_INVALID
 */
export function readKnownCertificate(der: Uint8Array, at: string): Certificate {
  const digest = hexOf(sha256(der));
  const found = known.get(digest);
  if (found !== undefined) return found;
  const certificate = readCertificate(der, at);
  digests.set(certificate, digest);
  return certificate;
}

/**
 * Was `certificate` signed by `issuer`'s key? What was so once stays so, whatever the time or policy, so a good answer is kept: a P-384
 * or RSA signature takes most of a millisecond, and the next evidence of a platform brings the same chain. Says nothing about names,
 * CA flags or time; the caller has pinned the root of the chain before, so a stranger's chains push nothing out.
 *
 * @param options.keep default: of authorities only. A certificate that is a document's own would only push out what comes again.
 */
export async function isSignedByKnown(
  certificate: Certificate,
  issuer: Certificate,
  { keep = certificate.isCa }: { readonly keep?: boolean } = {},
): Promise<boolean> {
  const link = certificateDigest(issuer) + certificateDigest(certificate);
  if (links.has(link)) return true;
  const { signatureAlgorithm: algorithm, signature, tbs: message } = certificate;
  const signed = await verifySignature({ algorithm, key: issuer.publicKey, signature, message });
  if (!signed || !keep) return signed;
  makeRoom(links);
  links.add(link);
  remember(issuer);
  remember(certificate);
  return true;
}

/** Of a copy: the bytes that it was read from are its caller's, who may write into them. */
function remember(certificate: Certificate): void {
  const digest = certificateDigest(certificate);
  if (known.has(digest)) return;
  makeRoom(known);
  const copy = readCertificate(certificate.der.slice());
  digests.set(copy, digest);
  known.set(digest, copy);
}

function makeRoom(kept: Set<string> | Map<string, Certificate>): void {
  const [oldest] = kept.keys();
  if (kept.size >= MAX_KNOWN && oldest !== undefined) kept.delete(oldest);
}
