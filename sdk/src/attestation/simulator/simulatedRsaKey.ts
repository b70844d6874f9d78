/** RSA-PSS with SHA-384 and 48 bytes of salt (RFC 8017, 8.1), in big integers: for development certificates, where nothing is secret. */
import { sha384 } from "@noble/hashes/sha2.js";
import { concatBytes, u32, utf8 } from "../../crypto/index.ts";
import type { CertificateKey } from "./makeCertificate.ts";
import { writeBits, writeDer, writeNumber, writeOid, writeSequence, writeUnsigned } from "./writeDer.ts";

const KEY_BYTES = 512;
const HASH_BYTES = 48;
const EXPONENT = 65_537n;
const TRAILER = 0xbc;

const NULL = writeDer(0x05);
const SHA384 = writeSequence(writeOid("2.16.840.1.101.3.4.2.2"), NULL);
/** id-RSASSA-PSS with all four parameters, as AMD writes them. */
const RSA_PSS_SHA384 = writeSequence(
  writeOid("1.2.840.113549.1.1.10"),
  writeSequence(
    writeDer(0xa0, SHA384),
    writeDer(0xa1, writeSequence(writeOid("1.2.840.113549.1.1.8"), SHA384)),
    writeDer(0xa2, writeNumber(HASH_BYTES)),
    writeDer(0xa3, writeNumber(1)),
  ),
);

export function simulatedRsaKey({ p, q }: { readonly p: bigint; readonly q: bigint }): CertificateKey {
  const modulus = p * q;
  const inverse = power(q, p - 2n, p);
  const secret = invert(EXPONENT, (p - 1n) * (q - 1n));
  const publicKey = writeSequence(writeUnsigned(bytesOf(modulus, KEY_BYTES)), writeUnsigned(bytesOf(EXPONENT, 3)));
  return {
    spki: writeSequence(writeSequence(writeOid("1.2.840.113549.1.1.1"), NULL), writeBits(publicKey)),
    algorithm: RSA_PSS_SHA384,
    signDer(message) {
      const encoded = numberOf(encode(message));
      const [left, right] = [power(encoded, secret % (p - 1n), p), power(encoded, secret % (q - 1n), q)];
      const difference = (((left - right) % p) + p) % p;
      return bytesOf(right + q * ((inverse * difference) % p), KEY_BYTES);
    },
  };
}

/** EMSA-PSS. The salt hangs on the message alone, so that the same certificate is the same bytes. */
function encode(message: Uint8Array): Uint8Array {
  const digest = sha384(message);
  const salt = sha384(concatBytes(utf8("persona/simulator/v1/salt"), digest));
  const hash = sha384(concatBytes(new Uint8Array(8), digest, salt));
  const block = new Uint8Array(KEY_BYTES - HASH_BYTES - 1);
  block[block.length - HASH_BYTES - 1] = 1;
  block.set(salt, block.length - HASH_BYTES);
  const mask = maskOf(hash, block.length);
  const masked = block.map((byte, index) => byte ^ (mask[index] ?? 0));
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return concatBytes(masked, hash, Uint8Array.of(TRAILER));
}

/** MGF1. */
function maskOf(seed: Uint8Array, length: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(length / HASH_BYTES) }, (_, index) =>
    sha384(concatBytes(seed, u32(index))),
  );
  return concatBytes(...blocks).subarray(0, length);
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square] = [1n, base % modulus];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

function invert(value: bigint, modulus: bigint): bigint {
  let [old, current, oldFactor, factor] = [value, modulus, 1n, 0n];
  while (current !== 0n) {
    const quotient = old / current;
    [old, current] = [current, old - quotient * current];
    [oldFactor, factor] = [factor, oldFactor - quotient * factor];
  }
  return ((oldFactor % modulus) + modulus) % modulus;
}

const numberOf = (bytes: Uint8Array): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

function bytesOf(value: bigint, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let left = value;
  for (let at = length - 1; at >= 0; at--, left >>= 8n) bytes[at] = Number(left & 0xffn);
  return bytes;
}
