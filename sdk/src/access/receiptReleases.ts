import { concatHex, type Hex, hexToBytes, keccak256, size, sliceHex } from "viem";

/** Of one input: keccak over its release signatures, in the order of the guardians' node ids (docs/protocol.md 5.4). */
export function inputReleasesHash(signatures: readonly Hex[]): Hex {
  return keccak256(concatHex(signatures));
}

/** What a receipt commits to: keccak over the hashes of its inputs, in their order. */
export function releasesHashOf(inputHashes: readonly Hex[]): Hex {
  return keccak256(concatHex(inputHashes));
}

/** How far from its end a transaction's data is searched: what a relayer may have put behind the call it wraps. */
const MAX_BYTES_BEHIND = 1_024;

/**
 * The hashes of a receipt's inputs, which a node puts behind the call that settles a job of several: with them each owner checks its
 * own input and needs nobody's log but its own. The receipt's hash decides whether they are the right ones; undefined where the
 * sender has left them out.
 */
export function findInputReleases(calldata: Hex, releasesHash: Hex, inputs: number): Hex[] | undefined {
  const length = 32 * inputs;
  const end = size(calldata);
  const bytes = hexToBytes(calldata);
  for (let behind = 0; behind <= MAX_BYTES_BEHIND && end - behind - length >= 0; behind++) {
    const start = end - behind - length;
    if (keccak256(bytes.subarray(start, start + length)) !== releasesHash) continue;
    return Array.from({ length: inputs }, (_, at) => sliceHex(calldata, start + 32 * at, start + 32 * (at + 1)));
  }
  return undefined;
}
