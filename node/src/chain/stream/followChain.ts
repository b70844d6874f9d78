import { isPersonaError } from "@persona-protocol/sdk/errors";
import type { Logger } from "pino";
import type { Address } from "viem";
import type { Clock } from "../clock.ts";
import type { ChainPick, ChainSource } from "../endpoints/ChainSource.ts";
import { rpcFailure } from "../endpoints/rpcFailure.ts";
import type { ChainBatch, ChainEvent, StreamPoint } from "./chainEvent.ts";
import { decodeNews } from "./decodeNews.ts";
import { absurd, type BlockHeader, type MarketLog, readHeader } from "./readBlocks.ts";
import { CutList, createRangeSize, type FarBlocks, readFar } from "./readFar.ts";
import { readNear } from "./readNear.ts";
import { countKept, pointOf, type Told, type Trail, thinned, trailOf } from "./trail.ts";

export type FollowOptions = {
  readonly source: ChainSource;
  readonly market: Address;
  /** Where to begin without a point: the deployment's block. */
  readonly fromBlock: bigint;
  /** Where to go on, as the last batch that was written said. */
  readonly point: StreamPoint | undefined;
  /** Blocks above a block before it is told. */
  readonly confirmations: number;
  /** Blocks above a block before it counts as final: at least `confirmations`. */
  readonly finalityDepth?: number;
  /**
   * Takes a batch: its events and its point are to be written together. It is not called again before it has resolved; one that
   * throws gets the same events again.
   */
  readonly deliver: (batch: ChainBatch) => void | Promise<void>;
  /** Between two looks at the newest block, in milliseconds. */
  readonly pollMs: number;
  /** Says when there may be a new block before `pollMs` is over: a subscription. */
  readonly untilNews?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Pick<Logger, "warn" | "error">;
  readonly signal: AbortSignal;
};

/** Final depth of a chain that says nothing about it: two epochs of Ethereum. */
export const defaultFinalityDepth = 64;
/** Blocks of one near read: each costs a header. */
const nearAtOnce = 64n;
/** Ranges under way in a catch-up: one is read while another is written. */
const readAhead = 3;
const longestPauseMs = 30_000;

/**
 * Tells the market's news in the chain's order, each once for as long as its block stays, from the point on until the signal. An
 * endpoint that fails is asked again, or another; nothing is skipped, for the point moves only with what was delivered.
 */
export async function followChain(options: FollowOptions): Promise<void> {
  const { source, market, clock, log, signal, pollMs, deliver } = options;
  const confirmations = BigInt(options.confirmations);
  const finality = max(BigInt(options.finalityDepth ?? defaultFinalityDepth), confirmations);
  const untilNews = options.untilNews ?? ((ms) => clock.sleep(ms, signal));
  const size = createRangeSize();
  let trail: Trail = trailOf(options.point);
  let next = options.point === undefined ? options.fromBlock : BigInt(options.point.nextBlock);
  let finalized = trail.findLast(({ jobs }) => jobs === undefined)?.number ?? -1n;

  /** Writes events and point, then goes on from there. */
  const tell = async (events: readonly ChainEvent[], longer: Trail, nextBlock: bigint, final: bigint) => {
    const shorter = thinned(longer, final);
    const ends = longer.findLast(({ number }) => number <= final);
    const finalizes = ends !== undefined && ends.number > finalized;
    const end: readonly ChainEvent[] = finalizes
      ? [{ type: "finalize", block: { number: ends.number, hash: ends.hash } }]
      : [];
    await deliver({ events: [...events, ...end], point: pointOf(shorter, nextBlock) });
    [trail, next] = [shorter, nextBlock];
    if (finalizes) finalized = ends.number;
  };

  /** @returns whether what was told is in this endpoint's chain, as far as it goes */
  const stillThere = async ({ request }: ChainPick, head: BlockHeader): Promise<boolean> => {
    const tip = trail.findLast(({ number }) => number <= head.number);
    // It has not come so far, or begins anew: the next block that both know tells.
    if (tip === undefined) return true;
    if (tip.number === head.number) return tip.hash === head.hash;
    if (tip.number + 1n === head.number) return tip.hash === head.parentHash;
    return (await readHeader(request, tip.number))?.hash === tip.hash;
  };

  const tellReorg = async (pick: ChainPick, head: BlockHeader): Promise<void> => {
    const kept = await countKept(trail, async ({ number, hash }) => {
      if (number > head.number) return false;
      return (number === head.number ? head : await readHeader(pick.request, number))?.hash === hash;
    });
    const gone = trail.slice(kept);
    if (gone.length === 0) throw absurd("A block was replaced, and is there again.", { block: head.number });
    const base = trail[kept - 1];
    const fromBlock = base === undefined ? options.fromBlock : base.number + 1n;
    const deep = gone.some(({ jobs }) => jobs === undefined) || gone[0]?.number !== fromBlock;
    const vanished = gone.flatMap(({ jobs }) => jobs ?? []);
    const data = { fromBlock: String(fromBlock), depth: Number(next - fromBlock), vanished: vanished.length };
    if (deep) log.error(data, "blocks that counted as final were replaced: what happened from there on is read again");
    else log.warn(data, "blocks were replaced");
    finalized = min(finalized, fromBlock - 1n);
    await tell([{ type: "reorg", fromBlock, vanished, deep }], trail.slice(0, kept), fromBlock, finalized);
  };

  const tellNear = async (pick: ChainPick, head: BlockHeader, target: bigint): Promise<void> => {
    const to = min(target, next + nearAtOnce - 1n);
    const tip = trail.at(-1);
    const below = tip?.number === next - 1n ? tip : undefined;
    const { headers, logs } = await readNear(source, pick, market, { from: next, to, tip: below, head }, (block) =>
      log.warn({ endpoint: pick.name, block: String(block.number) }, "an endpoint hid news"),
    );
    const events = logs.map(toEvent);
    const byBlock = Map.groupBy(events, ({ block }) => block.number);
    const told = headers.map(
      ({ number, hash }): Told => ({
        number,
        hash,
        jobs: (byBlock.get(number) ?? []).map(({ jobId, news: { name } }) => ({ jobId, name })),
      }),
    );
    await tell(events, [...trail, ...told], to + 1n, head.number - finality);
  };

  /** Reads final blocks in large ranges, a few ahead of the one that is delivered. */
  const catchUp = async (pick: ChainPick, end: bigint): Promise<void> => {
    type Ahead = { readonly from: bigint; readonly to: bigint; readonly blocks: Promise<FarBlocks> };
    const ahead: Ahead[] = [];
    let from = next;
    while (!signal.aborted && next <= end) {
      while (ahead.length < readAhead && from <= end) {
        const to = min(from + size.blocks() - 1n, end);
        const blocks = readFar(pick, market, { from, to });
        blocks.catch(() => {}); // Heard when its turn comes, or not at all.
        ahead.push({ from, to, blocks });
        from = to + 1n;
      }
      const range = ahead.shift();
      if (range === undefined) return;
      const length = range.to - range.from + 1n;
      try {
        const { first, last, logs } = await range.blocks;
        const tip = trail.at(-1);
        if (tip?.number === range.from - 1n && tip.hash !== first.parentHash)
          throw absurd("A block does not lie on the one before it.", { block: range.from });
        const told: Told = { number: last.number, hash: last.hash, jobs: undefined };
        await tell(logs.map(toEvent), [...trail, told], range.to + 1n, last.number);
        size.took(length, logs.length);
      } catch (error) {
        // The smallest range is read from the block itself: what fails then is no matter of size.
        if (length === 1n || !(error instanceof CutList || rpcFailure(error) === "range")) throw error;
        size.refused(length);
        ahead.length = 0;
        from = next;
      }
    }
  };

  /** @returns whether there may be more to read at once */
  const turn = async (pick: ChainPick): Promise<boolean> => {
    const head = await readHeader(pick.request, "latest");
    if (head === undefined) throw absurd("It has no newest block.", {});
    if (!(await stillThere(pick, head))) {
      // One endpoint alone may be on a fork that nobody else is on, or lie: where there is another, it has a say.
      const other = source.pick(pick);
      const otherHead =
        other === undefined ? undefined : await readHeader(other.request, "latest").catch(() => undefined);
      if (other !== undefined && otherHead !== undefined && (await stillThere(other, otherHead)))
        throw absurd("Another endpoint still has what it says was replaced.", { block: head.number });
      await tellReorg(pick, head);
      return true;
    }
    const target = head.number - confirmations;
    if (next > target) return false;
    const far = min(head.number - finality, target);
    if (next <= far) await catchUp(pick, far);
    else await tellNear(pick, head, target);
    return next <= target;
  };

  let failures = 0;
  while (!signal.aborted) {
    let pick: ChainPick | undefined;
    try {
      pick = source.pick();
      const more = await turn(pick);
      failures = 0;
      if (more) continue;
    } catch (error) {
      if (signal.aborted) break;
      failures += 1;
      // Whoever takes the batches may fail, too: that is not the endpoint's doing.
      if (isPersonaError(error, "CHAIN_UNREACHABLE") || isPersonaError(error, "CHAIN_DISAGREES")) pick?.failed(error);
      const code = isPersonaError(error) ? error.code : "INTERNAL";
      const message = isPersonaError(error) ? error.shortMessage : String(error);
      log.warn({ endpoint: pick?.name, code, message, failures }, "the chain could not be read; trying again");
      await clock.sleep(Math.min(pollMs * 2 ** Math.min(failures, 16), longestPauseMs), signal);
      continue;
    }
    await untilNews(pollMs, signal);
  }
}

type JobEvent = Extract<ChainEvent, { type: "job" }>;

function toEvent(log: MarketLog): JobEvent {
  const { blockNumber: number, blockHash: hash, logIndex, transactionHash } = log;
  try {
    return { type: "job", ...decodeNews(log), block: { number, hash }, logIndex, transactionHash };
  } catch (cause) {
    throw absurd(`It listed what the market cannot have said: ${String(cause)}.`, { block: number });
  }
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
