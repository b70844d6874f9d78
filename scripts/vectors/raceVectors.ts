import { negativeLog, type RaceEntry, raceDelay } from "@persona-protocol/sdk/compute";
import { AbiCoder, keccak256 } from "ethers";
import { ToolError } from "../command/ToolError.ts";
import { hash } from "./deployments.ts";
import { exactNegativeLog } from "./exactLog.ts";

/** 2^-30 in 64.64 fixed point: what WeightedRace.sol promises. */
const tolerance = 1n << 34n;
const one = 1n << 64n;
/** round(√½ · 2^64), where one formula takes over from the other. */
const seam = 13_043_817_825_332_782_212n;
const mostBlocks = 64n << 16n;

const draws = [
  ...[1n, 2n, 3n, one / 2n - 1n, one / 2n, one / 2n + 1n, one - 2n, one - 1n, one],
  ...[0n, 1n, 31n, 62n].flatMap((shift) => [-1n, 0n, 1n].map((by) => (seam >> shift) + by)),
  ...Array.from({ length: 20 }, (_, i) => BigInt(hash(`draw ${i}`)) >> 192n),
  ...Array.from({ length: 12 }, (_, i) => BigInt(hash(`small draw ${i}`)) >> BigInt(196 + 5 * i)),
];

const stake = 10n ** 21n;
const typical = { unit: 4n, weight: stake, totalWeight: 7n * stake };
const largest = (1n << 128n) - 1n;

const entry = (n: number, change: Partial<RaceEntry>): RaceEntry => ({
  seed: hash(`seed ${n}`),
  jobId: hash(`job ${n}`),
  attempt: 1,
  nodeId: n + 1,
  ...typical,
  ...change,
});

const entries = [
  ...Array.from({ length: 12 }, (_, n) => entry(n, {})),
  ...Array.from({ length: 4 }, (_, n) => entry(0, { attempt: n + 2 })),
  ...[1n, 2n, 77n].map((times, n) => entry(n, { weight: times * stake, totalWeight: 80n * stake, unit: 1n })),
  ...[0n, 1n, 2n ** 32n - 1n].map((unit, n) => entry(n, { unit })),
  entry(0, { weight: largest, totalWeight: largest }),
  entry(1, { weight: 1n, totalWeight: largest }),
  entry(2, { weight: 1n, totalWeight: 1n }),
  entry(3, { weight: largest, totalWeight: largest, unit: 2n ** 32n - 1n }),
  entry(4, { attempt: 2 ** 32 - 1, nodeId: 2 ** 32 - 1 }),
  entry(5, { seed: hash0(), jobId: hash0(), attempt: 0, nodeId: 0 }),
];

/** test/vectors/race.json */
export function raceVectors(): object {
  return { logarithms: draws.map(logarithm), delays: entries.map(delay) };
}

function logarithm(x: bigint): object {
  const [log, exact] = [negativeLog(x), exactNegativeLog(x)];
  if (distance(log, exact) >= tolerance) throw new ToolError(`-ln(${x} / 2^64) is ${exact}, not ${log}.`);
  return { x: `${x}`, log: `${log}`, exact: `${exact}` };
}

function delay(of: RaceEntry): object {
  const delay = raceDelay(of);
  const { seed, jobId, attempt, nodeId, unit, weight, totalWeight } = of;
  const bytes = AbiCoder.defaultAbiCoder().encode(
    ["bytes32", "bytes32", "uint256", "uint32"],
    [seed, jobId, attempt, nodeId],
  );
  const log = exactNegativeLog((BigInt(keccak256(bytes)) >> 192n) + 1n);
  const most = (blocks: bigint) => (blocks < mostBlocks ? blocks : mostBlocks);
  const scale = (value: bigint) => (value * unit * totalWeight) / (weight << 48n);
  const [low, high] = [most(scale(log < tolerance ? 0n : log - tolerance)), most(scale(log + tolerance))];
  if (delay < low || delay > high) throw new ToolError(`A delay of ${delay} is not from ${low} to ${high}.`);
  return {
    ...{ seed, jobId, attempt, nodeId },
    ...{ unit: `${unit}`, weight: `${weight}`, totalWeight: `${totalWeight}`, delay: `${delay}` },
  };
}

function distance(a: bigint, b: bigint): bigint {
  return a > b ? a - b : b - a;
}

function hash0(): `0x${string}` {
  return `0x${"00".repeat(32)}`;
}
