import { encodeAbiParameters, type Hex } from "viem";
import { concatBytes, fromHex, keccak256, utf8 } from "../crypto/index.ts";

/** What the chain knows of a dataset's contents, by one hash (docs/protocol.md 3.5). */
export type DatasetHead = {
  readonly manifestDigest: Hex;
  readonly keyBoxDigest: Hex;
  readonly guardianSetHash: Hex;
  readonly catalogueHash: Hex;
  readonly catalogueLength: number;
};

const ZERO_HASH: Hex = `0x${"00".repeat(32)}`;

/** keccak-256 of a 32-byte salt and the segment's name: a catalogue on a public chain that does not say what is inside. */
export function catalogueCommitment(nameSalt: Hex, name: string): Hex {
  return keccak256(concatBytes(fromHex(nameSalt, 32), utf8(name)));
}

/**
 * Folds commitments in the order of their indexes, as DatasetRegistry does: the hash of a prefix does not change when
 * more are appended. `from` continues a fold.
 */
export function catalogueHash(commitments: readonly Hex[], from: Hex = ZERO_HASH): Hex {
  return commitments.reduce<Hex>((hash, commitment) => hashAbi(["bytes32", "bytes32"], [hash, commitment]), from);
}

/** Binds threshold and guardians, in their order: a share's position in this list is part of what it is sealed for. */
export function guardianSetHash(set: { readonly threshold: number; readonly guardians: readonly number[] }): Hex {
  return hashAbi(["uint8", "uint32[]"], [set.threshold, set.guardians]);
}

/** The `headHash` in DatasetRegistry's second slot. */
export function datasetHeadHash(head: DatasetHead): Hex {
  return hashAbi(
    ["bytes32", "bytes32", "bytes32", "bytes32", "uint32"],
    [head.manifestDigest, head.keyBoxDigest, head.guardianSetHash, head.catalogueHash, head.catalogueLength],
  );
}

function hashAbi(types: readonly string[], values: readonly unknown[]): Hex {
  return keccak256(
    fromHex(
      encodeAbiParameters(
        types.map((type) => ({ type })),
        [...values],
      ),
    ),
  );
}
