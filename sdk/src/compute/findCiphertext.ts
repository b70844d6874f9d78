import { type Hex, hexToBytes } from "viem";
import type { Receipt } from "../contracts/structs.ts";
import { sha256Hex } from "../crypto/sha256.ts";
import { PersonaError } from "../errors/index.ts";

const wordBytes = 32;

/**
 * The result's ciphertext, in the calldata of the transaction that settled its job. The receipt's digest decides, and nothing
 * else: whoever sent the transaction may have put anything beside it.
 *
 * The market need not have been called directly: an account contract or a relayer may have wrapped the call at any offset. ABI
 * puts the length before bytes, so each place after a word that says this length is looked at. That is at most one hash of 4
 * KiB for 32 bytes of calldata, which cost more gas than the hash costs time.
 *
 * @throws PersonaError RESULT_NOT_FOUND
 */
export function findCiphertext(
  calldata: Hex,
  receipt: Pick<Receipt, "jobId" | "outputBytes" | "ciphertextDigest">,
): Uint8Array {
  const { outputBytes, ciphertextDigest } = receipt;
  const isIt = (bytes: Uint8Array) => bytes.length === outputBytes && sha256Hex(bytes) === ciphertextDigest;
  for (const place of placesAfterLength(hexToBytes(calldata), outputBytes)) if (isIt(place)) return place.slice();
  throw new PersonaError("RESULT_NOT_FOUND", "The settling transaction does not carry the result.", {
    data: { jobId: receipt.jobId, outputBytes, ciphertextDigest },
  });
}

/** Slices of `length` bytes, each after a big-endian word that says so. */
function* placesAfterLength(calldata: Uint8Array, length: number): Generator<Uint8Array> {
  const last = calldata.length - wordBytes - length;
  let zeros = 0;
  const view = new DataView(calldata.buffer, calldata.byteOffset, calldata.byteLength);
  // `at` is where the word's last four bytes begin; the 28 before it are zero.
  for (let at = 0; at - 28 <= last && at + 4 <= calldata.length; at++) {
    if (zeros >= 28 && view.getUint32(at) === length) yield calldata.subarray(at + 4, at + 4 + length);
    zeros = calldata[at] === 0 ? zeros + 1 : 0;
  }
}
