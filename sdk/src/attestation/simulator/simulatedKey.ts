import { p256 } from "@noble/curves/nist.js";
import { concatBytes, hkdfSha256, utf8 } from "../../crypto/index.ts";
import { p256PublicKey } from "../x509/index.ts";
import { writeSequence, writeUnsigned } from "./writeDer.ts";

/** A P-256 key that anyone with the seed can make. */
export type SimulatedKey = {
  /** x ‖ y. */
  readonly point: Uint8Array;
  /** SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** r ‖ s over SHA-256 of the message, the same every time (RFC 6979). As with Intel's, s is high as often as low. */
  sign(message: Uint8Array): Uint8Array<ArrayBuffer>;
  /** The same as certificates have it. */
  signDer(message: Uint8Array): Uint8Array<ArrayBuffer>;
};

const ORDER_BYTES = 48;

/** The key named `label` of `seed`. */
export function simulatedKey(seed: Uint8Array, label: string): SimulatedKey {
  const salt = utf8("persona/simulator/v1");
  // 48 bytes, so that the reduction below the order leaves no bias (FIPS 186-5, A.2.1).
  const wide = hkdfSha256({ ikm: seed, salt, info: utf8(label), length: ORDER_BYTES });
  const secret = p256.utils.randomSecretKey(wide);
  const point = p256.getPublicKey(secret, false).subarray(1);
  const sign = (message: Uint8Array): Uint8Array<ArrayBuffer> =>
    Uint8Array.from(p256.sign(message, secret, { lowS: false }));
  return {
    point,
    spki: p256PublicKey(point).spki,
    sign,
    signDer: (message) => derSignature(sign(message)),
  };
}

/** r ‖ s as a sequence of two integers. */
export function derSignature(signature: Uint8Array): Uint8Array<ArrayBuffer> {
  return writeSequence(writeUnsigned(signature.subarray(0, 32)), writeUnsigned(concatBytes(signature.subarray(32))));
}
