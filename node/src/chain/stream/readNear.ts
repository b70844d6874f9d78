import type { Address } from "viem";
import type { ChainPick, ChainSource } from "../endpoints/ChainSource.ts";
import { bloomBits, mayHold } from "./bloom.ts";
import type { BlockRef } from "./chainEvent.ts";
import { newsTopics } from "./decodeNews.ts";
import { absurd, type BlockHeader, type MarketLog, readHeader, readLogs } from "./readBlocks.ts";

export type NearBlocks = {
  /** Each block of the range, the first one on top of what was told. */
  readonly headers: readonly BlockHeader[];
  readonly logs: readonly MarketLog[];
};

/** The range and what it rests on. */
export type NearRange = {
  readonly from: bigint;
  readonly to: bigint;
  readonly tip: BlockRef | undefined;
  readonly head: BlockHeader;
};

const topicBits = newsTopics.map(bloomBits);

/**
 * Blocks that may be replaced yet, one by one: each names its parent, each log lies in one of them, and a block whose filter speaks
 * of news that the endpoint did not list is asked for alone, of another endpoint where there is one.
 * @param onHidden called when news was listed only when asked for a second time
 * @throws PersonaError CHAIN_DISAGREES when the answers do not fit: the chain has moved meanwhile, or the endpoint lies
 */
export async function readNear(
  source: ChainSource,
  pick: ChainPick,
  market: Address,
  range: NearRange,
  onHidden: (block: BlockRef) => void,
): Promise<NearBlocks> {
  const { from, to, tip, head } = range;
  const { request } = pick;
  const filter = { address: market, topics: newsTopics } as const;
  const numbers = Array.from({ length: Number(to - from) + 1 }, (_, at) => from + BigInt(at));
  const [logs, ...found] = await Promise.all([
    readLogs(request, { ...filter, fromBlock: from, toBlock: to }),
    ...numbers.map((number) => (number === head.number ? head : readHeader(request, number))),
  ]);
  const headers: BlockHeader[] = [];
  let parent = tip;
  for (const [at, header] of found.entries()) {
    if (header === undefined) throw absurd("It has not a block below its newest.", { block: from + BigInt(at) });
    if (parent !== undefined && header.parentHash !== parent.hash)
      throw absurd("A block does not lie on the one before it.", { block: header.number });
    headers.push(header);
    parent = header;
  }
  const byNumber = Map.groupBy(logs, ({ blockNumber }) => blockNumber);
  const marketBits = bloomBits(market);
  const checked = await Promise.all(
    headers.map(async (header): Promise<readonly MarketLog[]> => {
      const listed = byNumber.get(header.number) ?? [];
      if (listed.some(({ blockHash }) => blockHash !== header.hash))
        throw absurd("A log lies in another block than the one that is there.", { block: header.number });
      const speaksOfNews =
        mayHold(header.logsBloom, marketBits) && topicBits.some((bits) => mayHold(header.logsBloom, bits));
      if (listed.length > 0 || !speaksOfNews) return listed;
      const other = source.pick(pick) ?? pick;
      const hidden = await readLogs(other.request, { ...filter, blockHash: header.hash });
      if (hidden.length > 0) onHidden(header);
      return hidden;
    }),
  );
  return { headers, logs: checked.flat() };
}
