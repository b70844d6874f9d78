import { bytesToHex, type Hex, hexToBytes, toBytes } from "viem";
import {
  concatBytes,
  KEM_ENC_BYTES,
  openWithExport,
  RESULT_SALT_CONTEXT,
  sealWithExport,
  sha256,
  sha256Hex,
} from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";

export type SealedResult = {
  /** `enc ‖ ct` of HPKE: what goes on chain. */
  readonly ciphertext: Uint8Array;
  readonly ciphertextDigest: Hex;
  /** sha256(salt ‖ plaintext) with a salt that only the two ends can derive: a yes/no cannot be guessed from the chain. */
  readonly plaintextCommitment: Hex;
};

/** Encrypts a result to the job's result key (docs/protocol.md 5.4). */
export async function sealResult(parameters: {
  readonly resultKey: Uint8Array;
  readonly jobSpecHash: Hex;
  readonly plaintext: Uint8Array;
}): Promise<SealedResult> {
  const { resultKey, jobSpecHash, plaintext } = parameters;
  const { enc, ct, exported } = await sealWithExport({
    publicKey: resultKey,
    info: resultInfo(jobSpecHash),
    plaintext,
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
  const { plaintext, exported } = await openWithExport({
    privateKey: parameters.resultPrivateKey,
    info: resultInfo(parameters.jobSpecHash),
    enc: ciphertext.subarray(0, KEM_ENC_BYTES),
    ct: ciphertext.subarray(KEM_ENC_BYTES),
    exportContext: RESULT_SALT_CONTEXT,
  });
  if (commit(exported, plaintext) !== plaintextCommitment) {
    throw new PersonaError("RECEIPT_INVALID", "The result is not the one the receipt commits to.");
  }
  return plaintext;
}

const resultInfo = (jobSpecHash: Hex) => concatBytes(toBytes("persona/result/v1"), hexToBytes(jobSpecHash));
const commit = (salt: Uint8Array, plaintext: Uint8Array): Hex => bytesToHex(sha256(concatBytes(salt, plaintext)));
