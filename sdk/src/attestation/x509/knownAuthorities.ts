import { concatBytes, sha256 } from "../../crypto/index.ts";
import type { Certificate } from "./certificate.ts";
import { hexOf } from "./der.ts";
import { verifySignature } from "./verifySignature.ts";

/** Of regions, zones, instances and chips: met in document after document. */
const MAX_KNOWN = 256;

/** Digests of an issuer's key and a certificate that it has signed. */
const known = new Set<string>();

/**
 * Was `certificate` signed by `issuer`'s key? What was so once stays so, whatever the time or policy, so the answer for authorities is
 * kept: a P-384 signature takes most of a millisecond, and a chain has three of them that the next document brings again. The key of
 * what is kept is a digest of both, every byte of the certificate included.
 *
 * @param options.keep default: of authorities only. A certificate that is a document's own would only push out what comes again.
 */
export async function isSignedByAuthority(
  certificate: Certificate,
  issuer: Certificate,
  { keep = certificate.isCa }: { readonly keep?: boolean } = {},
): Promise<boolean> {
  const link = hexOf(sha256(concatBytes(sha256(issuer.publicKey.spki), sha256(certificate.der))));
  if (known.has(link)) return true;
  const { signatureAlgorithm: algorithm, signature, tbs: message } = certificate;
  const signed = await verifySignature({ algorithm, key: issuer.publicKey, signature, message });
  if (!signed || !keep) return signed;
  const oldest = known.values().next();
  if (known.size >= MAX_KNOWN && oldest.done === false) known.delete(oldest.value);
  known.add(link);
  return true;
}
