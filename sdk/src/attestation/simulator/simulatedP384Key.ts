import { p384 } from "@noble/curves/nist.js";
import { concatBytes, hkdfSha256, utf8 } from "../../crypto/index.ts";
import type { CertificateKey } from "./makeCertificate.ts";
import { writeBits, writeOid, writeSequence, writeUnsigned } from "./writeDer.ts";

/** A P-384 key that anyone with the seed can make. */
export type SimulatedP384Key = CertificateKey & {
  /** r ‖ s over SHA-384 of the message, 96 bytes, the same every time (RFC 6979). */
  sign(message: Uint8Array): Uint8Array<ArrayBuffer>;
};

/** 24 bytes more than the order has, so that the reduction below it leaves no bias (FIPS 186-5, A.2.1). */
const WIDE_BYTES = 72;
const EC_P384 = writeSequence(writeOid("1.2.840.10045.2.1"), writeOid("1.3.132.0.34"));
const ECDSA_SHA384 = writeSequence(writeOid("1.2.840.10045.4.3.3"));

/** The key named `label` of `seed`. */
export function simulatedP384Key(seed: Uint8Array, label: string): SimulatedP384Key {
  const salt = utf8("persona/simulator/v1");
  const secret = p384.utils.randomSecretKey(hkdfSha256({ ikm: seed, salt, info: utf8(label), length: WIDE_BYTES }));
  const sign = (message: Uint8Array): Uint8Array<ArrayBuffer> =>
    Uint8Array.from(p384.sign(message, secret, { lowS: false }));
  return {
    spki: writeSequence(EC_P384, writeBits(p384.getPublicKey(secret, false))),
    algorithm: ECDSA_SHA384,
    sign,
    signDer(message) {
      const signature = sign(message);
      return writeSequence(
        writeUnsigned(signature.subarray(0, 48)),
        writeUnsigned(concatBytes(signature.subarray(48))),
      );
    },
  };
}
