import { type DerValue, derTag, malformed, readChildren, readOid, readSmall } from "./der.ts";

/** Who signs what here: Intel by P-256, AWS and AMD's chip keys by P-384, AMD's roots by RSA-PSS with 48 bytes of salt. */
export type SignatureAlgorithm = "ecdsa-sha256" | "ecdsa-sha384" | "rsa-pss-sha384";

const byOid: Readonly<Record<string, SignatureAlgorithm>> = {
  "1.2.840.10045.4.3.2": "ecdsa-sha256",
  "1.2.840.10045.4.3.3": "ecdsa-sha384",
};
const RSA_PSS = "1.2.840.113549.1.1.10";
const MGF1 = "1.2.840.113549.1.1.8";
const SHA384 = "2.16.840.1.101.3.4.2.2";
const SALT_BYTES = 48;

/** An AlgorithmIdentifier of a signature. @throws CERTIFICATE_INVALID for any other than the three. */
export function readSignatureAlgorithm(value: DerValue | undefined, at: string): SignatureAlgorithm {
  if (value === undefined) throw malformed(at, "it is missing");
  const [oid, parameters, ...rest] = readChildren(value, derTag.sequence, at);
  const name = readOid(oid, at);
  const known = byOid[name];
  if (known !== undefined && parameters === undefined) return known;
  if (name === RSA_PSS && parameters !== undefined && rest.length === 0) {
    requirePssParameters(parameters, at);
    return "rsa-pss-sha384";
  }
  throw malformed(at, `the signature algorithm ${name} is not used by any evidence`);
}

/** RFC 4055, 3.1: SHA-384, MGF1 with SHA-384, a salt of 48 bytes. AMD spells the trailer field out, though it is the default. */
function requirePssParameters(parameters: DerValue, at: string): void {
  const fields = readChildren(parameters, derTag.sequence, at);
  const [hash, mask, salt, trailer, ...rest] = fields;
  const wrapped = (value: DerValue | undefined, number: number): DerValue => {
    const [inner, ...more] = value === undefined ? [] : readChildren(value, 0xa0 | number, at);
    if (inner === undefined || more.length > 0) throw malformed(at, "the parameters of RSA-PSS are incomplete");
    return inner;
  };
  const [maskOid, maskHash, ...moreMask] = readChildren(wrapped(mask, 1), derTag.sequence, at);
  const fits =
    isSha384(wrapped(hash, 0), at) &&
    readOid(maskOid, at) === MGF1 &&
    maskHash !== undefined &&
    isSha384(maskHash, at) &&
    moreMask.length === 0 &&
    readSmall(wrapped(salt, 2), at, SALT_BYTES) === SALT_BYTES &&
    (trailer === undefined || readSmall(wrapped(trailer, 3), at, 1) === 1) &&
    rest.length === 0;
  if (!fits) throw malformed(at, "RSA-PSS is used with SHA-384 and 48 bytes of salt only");
}

function isSha384(value: DerValue, at: string): boolean {
  const [oid, nothing, ...rest] = readChildren(value, derTag.sequence, at);
  const isNull = nothing === undefined || (nothing.tag === 0x05 && nothing.content.length === 0);
  return readOid(oid, at) === SHA384 && isNull && rest.length === 0;
}
