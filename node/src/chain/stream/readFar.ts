import type { Address } from "viem";
import type { ChainPick } from "../endpoints/ChainSource.ts";
import { rpcFailure } from "../endpoints/rpcFailure.ts";
import type { BlockRef } from "./chainEvent.ts";
import { newsTopics } from "./decodeNews.ts";
import { absurd, type BlockHeader, type MarketLog, readHeader, readLogs, readLogsOfReceipts } from "./readBlocks.ts";

export type FarBlocks = { readonly first: BlockHeader; readonly last: BlockRef; readonly logs: readonly MarketLog[] };

/** How many blocks are asked for at once: what the provider takes, and about `wantedLogs` in it. */
export type RangeSize = {
  readonly blocks: () => bigint;
  /** The endpoint wants less. */
  refused(blocks: bigint): void;
  took(blocks: bigint, logs: number): void;
};

const wantedLogs = 2_000;
const largest = 100_000n;
/** A list of a round length may be one that was cut: its ends are asked for again. No provider cuts shorter ones. */
const shortestCut = 500;
const maybeCut = (length: number): boolean => length >= shortestCut && (length % 100 === 0 || length % 256 === 0);

export function createRangeSize(first = 2_000n): RangeSize {
  let size = first;
  /** Refused ranges are not tried again soon: the ceiling rises by a tenth of a percent with each range that is taken. */
  let ceiling = largest;
  const clamp = (blocks: bigint) => (blocks < 1n ? 1n : blocks > ceiling ? ceiling : blocks);
  return {
    blocks: () => size,
    refused(blocks) {
      ceiling = blocks > 1n ? blocks - 1n : 1n;
      size = clamp(blocks / 2n);
    },
    took(blocks, logs) {
      if (ceiling < largest) ceiling += ceiling / 1_000n;
      // Of a part of the size nothing is learned about more.
      if (blocks < size) return;
      const factor = Math.min(Math.max(wantedLogs / Math.max(logs, 1), 0.5), 2);
      size = clamp(BigInt(Math.ceil(Number(size) * factor)));
    },
  };
}

/**
 * Final blocks, many at once. Their news is one list, so what is checked is that it ends in a block of the chain, and that the
 * endpoint has not silently cut it.
 * @throws PersonaError CHAIN_UNREACHABLE, CHAIN_DISAGREES
 */
export async function readFar(
  { request }: ChainPick,
  market: Address,
  range: { readonly from: bigint; readonly to: bigint },
): Promise<FarBlocks> {
  const { from, to } = range;
  const filter = { address: market, topics: newsTopics } as const;
  const list = (fromBlock: bigint, toBlock: bigint) => readLogs(request, { ...filter, fromBlock, toBlock });
  const [logs, first, last] = await Promise.all([
    from === to ? readOne(request, market, from) : list(from, to),
    readHeader(request, from),
    readHeader(request, to),
  ]);
  if (first === undefined || last === undefined) throw absurd("It has not a block below its newest.", { block: to });
  for (const header of [first, last])
    if (logs.some(({ blockNumber, blockHash }) => blockNumber === header.number && blockHash !== header.hash))
      throw absurd("A log lies in another block than the one that is there.", { block: header.number });
  if (maybeCut(logs.length) && from < to) await checkEnds(list, logs, from, to);
  return { first, last, logs };
}

/** Asks again for what lies before the first and after the last block of a long list, these two with it. */
async function checkEnds(
  list: (from: bigint, to: bigint) => Promise<readonly MarketLog[]>,
  logs: readonly MarketLog[],
  from: bigint,
  to: bigint,
): Promise<void> {
  const firstBlock = logs[0]?.blockNumber ?? from;
  const lastBlock = logs.at(-1)?.blockNumber ?? to;
  const count = (block: bigint) => logs.reduce((sum, { blockNumber }) => sum + (blockNumber === block ? 1 : 0), 0);
  const [head, tail] = await Promise.all([list(from, firstBlock), list(lastBlock, to)]);
  if (head.length !== count(firstBlock) || tail.length !== count(lastBlock)) throw new CutList();
}

/** The endpoint lists only so many results, and does not say so: smaller ranges help. */
export class CutList extends Error {}

/** One block may hold more than an endpoint lists: then one event after the other, and in the end the block's receipts. */
async function readOne(request: ChainPick["request"], market: Address, block: bigint): Promise<readonly MarketLog[]> {
  const filter = { address: market, fromBlock: block, toBlock: block } as const;
  const whole = async () => readLogsOfReceipts(request, { address: market, topics: newsTopics, block });
  try {
    const logs = await readLogs(request, { ...filter, topics: newsTopics });
    return maybeCut(logs.length) ? await whole() : logs;
  } catch (error) {
    if (rpcFailure(error) !== "range") throw error;
    return whole();
  }
}
