import type { Hex } from "viem";
import { concatBytes, fromHex, sha256Hex, utf8 } from "../../crypto/index.ts";

/**
 * Digest of a set of certificate roots: SHA-256 of a tag and of the SHA-256 of each one's DER, sorted. Whoever seals something to
 * an ingest enclave names the set that it may trust.
 */
export function rootsDigestOf(certificates: readonly Uint8Array[]): Hex {
  const digests = [...new Set(certificates.map((der) => sha256Hex(der)))].sort();
  return sha256Hex(concatBytes(utf8("persona/tls-roots/v1"), ...digests.map((digest) => fromHex(digest))));
}

/** A certificate's DER out of its PEM. */
export function derOfPem(pem: string): Uint8Array {
  const body = pem.replace(/-----(?:BEGIN|END) CERTIFICATE-----|\s/g, "");
  return Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
}

/** The roots of Mozilla that Node's releases carry, by the version that an enclave runs on. */
export const trustedRoots: Readonly<Record<string, Hex>> = {
  "node-24.21.0": "0xa3e5d622792ff6d41b3487ffe2b89dc051d0db940946aa8dba9d454b4e15b0bf",
};
