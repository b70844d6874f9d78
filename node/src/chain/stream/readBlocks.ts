import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Address, type Hex, hexToBytes, isHex, numberToHex } from "viem";
import { z } from "zod";
import type { RpcRequest } from "../endpoints/ChainSource.ts";
import type { BlockRef } from "./chainEvent.ts";

export type BlockHeader = BlockRef & { readonly parentHash: Hex; readonly logsBloom: Uint8Array };

export type MarketLog = {
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
  readonly logIndex: number;
  readonly transactionHash: Hex;
  readonly topics: readonly Hex[];
  readonly data: Hex;
};

const word = z.custom<Hex>((value) => isHex(value) && value.length === 66);
const quantity = z.custom<Hex>((value) => isHex(value) && value.length <= 18).transform(BigInt);
const headerSchema = z.object({
  number: quantity,
  hash: word,
  parentHash: word,
  logsBloom: z.custom<Hex>((value) => isHex(value) && value.length === 514).transform((bloom) => hexToBytes(bloom)),
});

export type LogFilter = {
  readonly address: Address;
  /** Of the first topic: any of these. */
  readonly topics: readonly Hex[];
} & ({ readonly fromBlock: bigint; readonly toBlock: bigint } | { readonly blockHash: Hex });

/** @returns undefined where the endpoint has no such block @throws PersonaError CHAIN_UNREACHABLE, CHAIN_DISAGREES */
export async function readHeader(request: RpcRequest, block: "latest" | bigint): Promise<BlockHeader | undefined> {
  const tag = block === "latest" ? block : numberToHex(block);
  const value = await request({ method: "eth_getBlockByNumber", params: [tag, false] });
  if (value === null) return undefined;
  const parsed = headerSchema.safeParse(value);
  if (!parsed.success || (block !== "latest" && parsed.data.number !== block))
    throw absurd("It answered with something else than the block that was asked for.", { block: tag });
  return parsed.data;
}

/**
 * Logs in the chain's order, each once, and none that was not asked for.
 * @throws PersonaError CHAIN_UNREACHABLE, CHAIN_DISAGREES
 */
export async function readLogs(request: RpcRequest, filter: LogFilter): Promise<readonly MarketLog[]> {
  const { address, topics } = filter;
  const where =
    "blockHash" in filter
      ? { blockHash: filter.blockHash }
      : { fromBlock: numberToHex(filter.fromBlock), toBlock: numberToHex(filter.toBlock) };
  const value = await request({ method: "eth_getLogs", params: [{ address, topics: [topics], ...where }] });
  return parseLogs(value, filter);
}

/** The same of one block, from its receipts: where a block holds more than an endpoint lists. */
export async function readLogsOfReceipts(
  request: RpcRequest,
  filter: { readonly address: Address; readonly topics: readonly Hex[]; readonly block: bigint },
): Promise<readonly MarketLog[]> {
  const { address, topics, block } = filter;
  const value = await request({ method: "eth_getBlockReceipts", params: [numberToHex(block)] });
  const receipts = z.array(z.looseObject({ logs: z.array(z.looseObject({ address: z.string() })) })).safeParse(value);
  if (!receipts.success) throw absurd("It answered with something else than receipts.", { block });
  const ours = receipts.data
    .flatMap(({ logs }) => logs)
    .filter((log) => log.address.toLowerCase() === address.toLowerCase() && isNewsLog(log, topics));
  return parseLogs(ours, { address, topics, fromBlock: block, toBlock: block });
}

function isNewsLog(log: object, topics: readonly Hex[]): boolean {
  const [first] = "topics" in log && Array.isArray(log.topics) ? (log.topics as unknown[]) : [];
  return topics.some((topic) => topic === first);
}

/** By hand: a schema library would take longer than all else that a catch-up does. */
function parseLogs(value: unknown, filter: LogFilter): readonly MarketLog[] {
  if (!Array.isArray(value)) throw absurd("It answered with something else than logs.", {});
  const address = filter.address.toLowerCase();
  const allowed = new Set<string>(filter.topics);
  const logs = value.map((log: unknown) => parseLog(log, address, allowed, filter));
  // Most endpoints list them in order; all mean the same by it.
  logs.sort((a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex);
  for (let at = 1; at < logs.length; at++) {
    const [a, b] = [logs[at - 1], logs[at]];
    if (a === undefined || b === undefined || a.blockNumber !== b.blockNumber) continue;
    if (a.blockHash !== b.blockHash || a.logIndex === b.logIndex)
      throw absurd("It listed two blocks of one height, or a log twice.", { block: a.blockNumber });
  }
  return logs;
}

function parseLog(value: unknown, address: string, allowed: ReadonlySet<string>, filter: LogFilter): MarketLog {
  const log = value as Record<string, unknown> | null;
  const { topics, data, blockHash, transactionHash, removed } = log ?? {};
  if (
    typeof log?.["address"] !== "string" ||
    log["address"].toLowerCase() !== address ||
    !Array.isArray(topics) ||
    topics.length > 4 ||
    !topics.every(isWord) ||
    !allowed.has(topics[0] ?? "") ||
    !isHex(data) ||
    !isWord(blockHash) ||
    !isWord(transactionHash) ||
    removed === true
  )
    throw absurd("It listed a log that was not asked for, or none.", {});
  const blockNumber = small(log["blockNumber"]);
  const wanted =
    "blockHash" in filter
      ? blockHash === filter.blockHash
      : blockNumber >= filter.fromBlock && blockNumber <= filter.toBlock;
  if (!wanted) throw absurd("It listed a log of another block than was asked for.", { block: blockNumber });
  return { blockNumber, blockHash, logIndex: Number(small(log["logIndex"])), transactionHash, topics, data };
}

const wordText = /^0x[0-9a-f]{64}$/;
const isWord = (value: unknown): value is Hex => typeof value === "string" && wordText.test(value);

function small(value: unknown): bigint {
  if (typeof value !== "string" || !/^0x[0-9a-f]{1,13}$/.test(value))
    throw absurd("It listed a log without a place.", {});
  return BigInt(value);
}

/** What an endpoint said cannot be so. */
export function absurd(how: string, data: Record<string, string | number | bigint>): PersonaError {
  return new PersonaError("CHAIN_DISAGREES", `An endpoint contradicts itself. ${how}`, { data });
}
