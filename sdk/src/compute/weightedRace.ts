/**
 * The race for open jobs (docs/protocol.md 5.6): contracts/compute/WeightedRace.sol step for step, bit for bit. A node can tell
 * with it when its turn comes, and anyone can check who was first.
 */
import { encodeAbiParameters, type Hex, keccak256 } from "viem";

/** What places one node in the race of one attempt. */
export type RaceEntry = {
  /** Hash of the block after the one in which the job was posted or reopened. */
  readonly seed: Hex;
  readonly jobId: Hex;
  readonly attempt: number;
  readonly nodeId: number;
  /** Blocks: the market's RACE_UNIT. */
  readonly unit: bigint;
  /** Of the node, not zero. */
  readonly weight: bigint;
  readonly totalWeight: bigint;
};

/** Delays count in 2^-16 blocks. */
export const delayPerBlock = 1n << 16n;

/** Blocks after which everyone may claim. */
const maxBlocks = 64n;
const one = 1n << 64n;
/** round(ln 2 · 2^64) */
const ln2 = 12_786_308_645_202_655_660n;
/** round(√2 · 2^64) */
const sqrt2 = 26_087_635_650_665_564_425n;

const entryParameters = [{ type: "bytes32" }, { type: "bytes32" }, { type: "uint256" }, { type: "uint32" }] as const;

/** In 2^-16 blocks from the race's start, two blocks after the job was posted. */
export function raceDelay(entry: RaceEntry): bigint {
  const { seed, jobId, attempt, nodeId, unit, weight, totalWeight } = entry;
  const draw = BigInt(keccak256(encodeAbiParameters(entryParameters, [seed, jobId, BigInt(attempt), nodeId]))) >> 192n;
  const delay = (negativeLog(draw + 1n) * unit * totalWeight) / (weight << 48n);
  return delay < maxBlocks * delayPerBlock ? delay : maxBlocks * delayPerBlock;
}

/** −ln(x / 2^64) in 64.64 fixed point, for 1 ≤ x ≤ 2^64. The error is below 2^-30. */
export function negativeLog(x: bigint): bigint {
  const n = BigInt(x.toString(2).length - 1);
  const m = n > 64n ? x >> (n - 64n) : x << (64n - n);
  const whole = (64n - n) * ln2;
  if (m >= sqrt2) return whole - ln2 + log(((2n * one - m) * one) / (2n * one + m));
  return whole - log(((m - one) * one) / (m + one));
}

/** 2·(s + s³/3 + s⁵/5 + s⁷/7 + s⁹/9) */
function log(s: bigint): bigint {
  const square = (s * s) >> 64n;
  let sum = one / 9n;
  for (const divisor of [7n, 5n, 3n, 1n]) sum = one / divisor + ((sum * square) >> 64n);
  return (2n * s * sum) >> 64n;
}
