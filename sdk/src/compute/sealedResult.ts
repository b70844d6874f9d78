import { bytesToHex, type Hex, hexToBytes, toBytes } from "viem";
import {
  concatBytes,
  HPKE_TAG_BYTES,
  KEM_ENC_BYTES,
  openWithExport,
  RESULT_SALT_CONTEXT,
  sealWithExport,
  sha256,
  sha256Hex,
  u32,
} from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { padmeLength } from "../storage/index.ts";

/** How much longer than a result its ciphertext is at least: encapsulated key, tag and length. */
export const RESULT_SEAL_BYTES = KEM_ENC_BYTES + HPKE_TAG_BYTES + 4;
/** A score, a yes and a short list look alike. */
const LEAST_PADDED_BYTES = 64;

export type SealedResult = {
  /** `enc ‖ ct` of HPKE: what goes on chain. */
  readonly ciphertext: Uint8Array;
  readonly ciphertextDigest: Hex;
  /** sha256(salt ‖ plaintext) with a salt that only the two ends can derive: a yes/no cannot be guessed from the chain. */
  readonly plaintextCommitment: Hex;
};

/**
 * Encrypts a result to the job's result key (docs/protocol.md 5.4), padded: the length that the chain shows is one of few.
 *
 * @param parameters.maxBytes of the ciphertext; where padding would go beyond, there is less of it
 */
export async function sealResult(parameters: {
  readonly resultKey: Uint8Array;
  readonly jobSpecHash: Hex;
  readonly plaintext: Uint8Array;
  readonly maxBytes?: number;
}): Promise<SealedResult> {
  const { resultKey, jobSpecHash, plaintext, maxBytes } = parameters;
  const { enc, ct, exported } = await sealWithExport({
    publicKey: resultKey,
    info: resultInfo(jobSpecHash),
    plaintext: padded(plaintext, sealedResultBytes(plaintext.length, maxBytes) - KEM_ENC_BYTES - HPKE_TAG_BYTES),
    exportContext: RESULT_SALT_CONTEXT,
  });
  const ciphertext = concatBytes(enc, ct);
  return { ciphertext, ciphertextDigest: sha256Hex(ciphertext), plaintextCommitment: commit(exported, plaintext) };
}

/**
 * Opens a result and checks it against the receipt's digests.
 * @throws PersonaError RECEIPT_INVALID when the ciphertext is not the one the receipt names, or opens to another plaintext.
 */
export async function openResult(parameters: {
  readonly resultPrivateKey: Uint8Array;
  readonly jobSpecHash: Hex;
  readonly ciphertext: Uint8Array;
  readonly ciphertextDigest: Hex;
  readonly plaintextCommitment: Hex;
}): Promise<Uint8Array> {
  const { ciphertext, ciphertextDigest, plaintextCommitment } = parameters;
  const got = sha256Hex(ciphertext);
  if (got !== ciphertextDigest) {
    throw new PersonaError("RECEIPT_INVALID", "The ciphertext is not the one the receipt names.", {
      data: { got, wanted: ciphertextDigest },
    });
  }
  const { plaintext: held, exported } = await openWithExport({
    privateKey: parameters.resultPrivateKey,
    info: resultInfo(parameters.jobSpecHash),
    enc: ciphertext.subarray(0, KEM_ENC_BYTES),
    ct: ciphertext.subarray(KEM_ENC_BYTES),
    exportContext: RESULT_SALT_CONTEXT,
  });
  const plaintext = unpadded(held);
  if (commit(exported, plaintext) !== plaintextCommitment) {
    throw new PersonaError("RECEIPT_INVALID", "The result is not the one the receipt commits to.");
  }
  return plaintext;
}

const resultInfo = (jobSpecHash: Hex) => concatBytes(toBytes("persona/result/v2"), hexToBytes(jobSpecHash));
const commit = (salt: Uint8Array, plaintext: Uint8Array): Hex => bytesToHex(sha256(concatBytes(salt, plaintext)));

/**
 * Bytes of the ciphertext of a result: of its length rounded up (Padmé, at least 64), or what `maxBytes` leaves of that.
 *
 * @param bytes of the result
 */
export function sealedResultBytes(bytes: number, maxBytes: number = Number.POSITIVE_INFINITY): number {
  const least = bytes + RESULT_SEAL_BYTES;
  const seal = KEM_ENC_BYTES + HPKE_TAG_BYTES;
  return Math.max(least, Math.min(seal + padmeLength(Math.max(bytes + 4, LEAST_PADDED_BYTES)), maxBytes));
}

/** uint32 length ‖ plaintext ‖ zeros */
function padded(plaintext: Uint8Array, bytes: number): Uint8Array {
  const held = new Uint8Array(bytes);
  held.set(u32(plaintext.length));
  held.set(plaintext, 4);
  return held;
}

/** @throws PersonaError RECEIPT_INVALID: an enclave of this version seals nothing else */
function unpadded(held: Uint8Array): Uint8Array {
  const length = held.length < 4 ? -1 : new DataView(held.buffer, held.byteOffset).getUint32(0);
  const isPadded = length >= 0 && length <= held.length - 4 && held.subarray(4 + length).every((byte) => byte === 0);
  if (!isPadded) throw new PersonaError("RECEIPT_INVALID", "The sealed result is not in its form.");
  return held.slice(4, 4 + length);
}
