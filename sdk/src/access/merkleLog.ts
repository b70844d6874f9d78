/**
 * The Merkle tree of an append-only log: RFC 9162, section 2.1, with SHA-256. A signed head of `size` and `root` fixes every
 * entry before it, and two heads of one honest log can always be proved to agree.
 */
import { bytesToHex, type Hex, hexToBytes } from "viem";
import { concatBytes, sha256 } from "../crypto/index.ts";

const leafPrefix = new Uint8Array([0]);
const nodePrefix = new Uint8Array([1]);

/** Root of a log without entries. */
export const emptyRoot: Hex = bytesToHex(sha256(new Uint8Array()));

export const leafHash = (entry: Uint8Array): Hex => bytesToHex(sha256(concatBytes(leafPrefix, entry)));

const nodeHash = (left: Hex, right: Hex): Hex =>
  bytesToHex(sha256(concatBytes(nodePrefix, hexToBytes(left), hexToBytes(right))));

/** The roots of the full subtrees from the left, largest first: all that appending needs. One for each bit set in `size`. */
export type Frontier = { readonly size: number; readonly peaks: readonly Hex[] };

export const emptyFrontier: Frontier = { size: 0, peaks: [] };

/** @param onNode called for each full subtree that the leaf completes, itself included: `level` 0 is a leaf. */
export function appendLeaf(
  { size, peaks }: Frontier,
  leaf: Hex,
  onNode?: (level: number, index: number, hash: Hex) => void,
): Frontier {
  const left = [...peaks];
  let hash = leaf;
  onNode?.(0, size, hash);
  // Each bit that carries joins two subtrees of one height.
  for (let level = 0, carry = size; carry % 2 === 1; level++, carry = Math.floor(carry / 2)) {
    hash = nodeHash(left.pop() as Hex, hash);
    onNode?.(level + 1, Math.floor(carry / 2), hash);
  }
  return { size: size + 1, peaks: [...left, hash] };
}

export function rootOf({ peaks }: Frontier): Hex {
  return peaks.length === 0 ? emptyRoot : peaks.reduceRight((right, left) => nodeHash(left, right));
}

/** Whether a frontier can be one of its size. */
export function isFrontier({ size, peaks }: Frontier): boolean {
  return Number.isSafeInteger(size) && size >= 0 && [...size.toString(2).matchAll(/1/g)].length === peaks.length;
}

/** The hash of a full subtree: `level` 0 is a leaf, and `index` counts the subtrees of that level from the left. */
export type ReadNode = (level: number, index: number) => Hex;

/** Root of the first `size` entries. */
export const rootAt = (size: number, node: ReadNode): Hex => (size === 0 ? emptyRoot : rangeHash(0, size, node));

/** Proof that entry `index` is in the log of `size` entries (RFC 9162, 2.1.3.1). */
export function inclusionProof(index: number, size: number, node: ReadNode): Hex[] {
  return path(index, 0, size, node);
}

/** Proof that the log of `first` entries is the beginning of the one of `second` (RFC 9162, 2.1.4.1). */
export function consistencyProof(first: number, second: number, node: ReadNode): Hex[] {
  return first === 0 || first === second ? [] : subproof(first, 0, second, true, node);
}

/** RFC 9162, 2.1.3.2. */
export function verifyInclusion(proved: {
  readonly leaf: Hex;
  readonly index: number;
  readonly size: number;
  readonly root: Hex;
  readonly proof: readonly Hex[];
}): boolean {
  const { leaf, index, size, root, proof } = proved;
  if (index < 0 || index >= size) return false;
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const part of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(part, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      hash = nodeHash(hash, part);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && hash === root;
}

export type TreeHead = { readonly size: number; readonly root: Hex };

/** RFC 9162, 2.1.4.2; an empty log is the beginning of every other. */
export function verifyConsistency(first: TreeHead, second: TreeHead, proof: readonly Hex[]): boolean {
  if (first.size > second.size) return false;
  if (first.size === second.size) return first.root === second.root && proof.length === 0;
  if (first.size === 0) return first.root === emptyRoot && proof.length === 0;
  const whole = Number.isInteger(Math.log2(first.size));
  const [start, ...rest] = whole ? [first.root, ...proof] : proof;
  if (start === undefined) return false;
  let at = first.size - 1;
  let last = second.size - 1;
  while (at % 2 === 1) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  let before = start;
  let after = start;
  for (const part of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      before = nodeHash(part, before);
      after = nodeHash(part, after);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      after = nodeHash(after, part);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && before === first.root && after === second.root;
}

/** MTH of entries `start` to `end`. Whole subtrees are looked up, the ragged right edge is computed. */
function rangeHash(start: number, end: number, node: ReadNode): Hex {
  const size = end - start;
  const level = Math.log2(size);
  if (Number.isInteger(level) && start % size === 0) return node(level, start / size);
  const split = start + largestPowerBelow(size);
  return nodeHash(rangeHash(start, split, node), rangeHash(split, end, node));
}

function path(index: number, start: number, end: number, node: ReadNode): Hex[] {
  if (end - start === 1) return [];
  const split = start + largestPowerBelow(end - start);
  return index < split
    ? [...path(index, start, split, node), rangeHash(split, end, node)]
    : [...path(index, split, end, node), rangeHash(start, split, node)];
}

function subproof(first: number, start: number, end: number, whole: boolean, node: ReadNode): Hex[] {
  if (first === end) return whole ? [] : [rangeHash(start, end, node)];
  const split = start + largestPowerBelow(end - start);
  return first <= split
    ? [...subproof(first, start, split, whole, node), rangeHash(split, end, node)]
    : [...subproof(first, split, end, false, node), rangeHash(start, split, node)];
}

/** The largest power of two below `size` ≥ 2. */
const largestPowerBelow = (size: number): number => 2 ** Math.floor(Math.log2(size - 1));
