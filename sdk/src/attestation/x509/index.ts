export type { SignatureAlgorithm } from "./algorithm.ts";
export {
  type Certificate,
  isIssuedBy,
  isValidAt,
  type KeyUsage,
  mayIssue,
  readCertificate,
} from "./certificate.ts";
export { type Crl, isCrlOf, isCurrentAt, readCrl } from "./crl.ts";
export {
  type DerValue,
  derTag,
  hexOf,
  malformed,
  readBoolean,
  readChildren,
  readDer,
  readOid,
  readSerial,
  readSmall,
  readTime,
  readUnsigned,
  readWholeBits,
  requireTag,
} from "./der.ts";
export type { Extension } from "./extensions.ts";
export { type DistinguishedName, sameName } from "./name.ts";
export { readPem, readPemBytes } from "./pem.ts";
export { type KeyKind, type PublicKey, p256PublicKey } from "./publicKey.ts";
export { readEcdsaSignature, verifySignature } from "./verifySignature.ts";
