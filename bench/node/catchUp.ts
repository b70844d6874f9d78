import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../node/src/chain/clock.ts";
import { createEndpoints } from "../../node/src/chain/endpoints/createEndpoints.ts";
import { createRpcRelay } from "../../node/src/chain/rpcRelay.ts";
import { defaultFinalityDepth, followChain } from "../../node/src/chain/stream/followChain.ts";
import { openJournal } from "../../node/src/compute/sqliteJournal.ts";
import { takeNews } from "../../node/src/compute/takeNews.ts";
import { startLogChain } from "./logChain.ts";

const inOneBlock = 500;
const silent = { warn() {}, error() {}, info() {} };

/**
 * From the deployment's block to the newest, of a real chain whose blocks are full of posted jobs, into a journal on the disk.
 * Reference: the same logs, asked for in the same ranges and parsed as JSON.
 */
export async function measureCatchUp(
  events: number,
): Promise<{ readonly perSecond: number; readonly referencePerSecond: number }> {
  const chain = await startLogChain();
  const folder = await mkdtemp(join(tmpdir(), "persona-catchup-"));
  try {
    for (let first = 0; first < events; first += inOneBlock) await chain.post(BigInt(first), inOneBlock);
    // What is read is final: the far end of the chain is read block by block, at its own pace.
    await chain.mine(defaultFinalityDepth + 1);
    const journal = openJournal(join(folder, "journal.sqlite"));
    const relay = createRpcRelay(chain.url);
    const stopping = new AbortController();
    const source = createEndpoints({
      endpoints: [{ url: chain.url, request: relay.request }],
      chainId: 31_337,
      clock: systemClock,
      log: silent,
    });
    const head = await chain.head();
    let told = 0;
    const from = performance.now();
    let ms = 0;
    await followChain({
      source,
      market: chain.market,
      fromBlock: 0n,
      point: undefined,
      confirmations: 0,
      pollMs: 20,
      clock: systemClock,
      log: silent,
      signal: stopping.signal,
      async deliver(batch) {
        await takeNews(journal, batch, { maxQueue: 1_000, log: silent });
        told += batch.events.filter(({ type }) => type === "job").length;
        if (BigInt(batch.point.nextBlock) <= head) return;
        ms = performance.now() - from;
        stopping.abort();
      },
    });
    relay.close();
    await journal.close();
    if (told !== events) throw new Error(`${told} of ${events} events were told`);
    return { perSecond: (told * 1_000) / ms, referencePerSecond: await plain(chain.url, chain.market, head, events) };
  } finally {
    await chain.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function plain(url: string, address: string, head: bigint, events: number): Promise<number> {
  const begun = performance.now();
  let read = 0;
  for (let from = 0n; from <= head; from += 20n) {
    const to = from + 19n < head ? from + 19n : head;
    const range = { address, fromBlock: `0x${from.toString(16)}`, toBlock: `0x${to.toString(16)}` };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_getLogs", params: [range] });
    const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    const { result } = (await answer.json()) as { result: unknown[] };
    read += result.length;
  }
  if (read < events) throw new Error("the reference read fewer events");
  return (read * 1_000) / (performance.now() - begun);
}
