import type { Hex } from "viem";
import type { BlockRef, JobNewsName, StreamPoint, TrailBlock } from "./chainEvent.ts";

type ToldNews = { readonly jobId: Hex; readonly name: JobNewsName };

/** A told block: with its news as long as it may be taken back. */
export type Told = BlockRef & { readonly jobs: readonly ToldNews[] | undefined };

/** Told blocks, oldest first: each that is not final, and ever fewer of the older. */
export type Trail = readonly Told[];

export const trailOf = (point: StreamPoint | undefined): Trail =>
  (point?.trail ?? []).map(({ number, hash, jobs }) => ({ number: BigInt(number), hash, jobs }));

export function pointOf(trail: Trail, nextBlock: bigint): StreamPoint {
  const plain = trail.map(
    ({ number, hash, jobs }): TrailBlock => ({ number: String(number), hash, ...(jobs === undefined ? {} : { jobs }) }),
  );
  return { v: 1, nextBlock: String(nextBlock), trail: plain };
}

/**
 * Final blocks lose their news, and all but one in each doubling of their depth: a fork of any depth is found in a few looks, and
 * the trail stays short.
 */
export function thinned(trail: Trail, final: bigint): Trail {
  const firstOpen = trail.findIndex(({ number }) => number > final);
  const old = firstOpen < 0 ? trail : trail.slice(0, firstOpen);
  const kept: Told[] = [];
  let bucket = -1;
  for (const [at, { number, hash }] of old.entries()) {
    const next = Math.floor(Math.log2(Number(final - number) + 1));
    // The oldest of each bucket, which stays when it grows into the next one; and the newest of all.
    if (next !== bucket || at === old.length - 1) kept.push({ number, hash, jobs: undefined });
    bucket = next;
  }
  return firstOpen < 0 ? kept : [...kept, ...trail.slice(firstOpen)];
}

/**
 * How many of the trail's blocks are in the chain still: the first ones, because each block names its parent.
 * @param isThere whether the chain holds this block
 */
export async function countKept(trail: Trail, isThere: (block: BlockRef) => Promise<boolean>): Promise<number> {
  let [low, high] = [0, trail.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const block = trail[middle];
    if (block !== undefined && (await isThere(block))) low = middle + 1;
    else high = middle;
  }
  return low;
}
