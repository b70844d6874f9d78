import type { PersonaClient } from "@persona-protocol/sdk";
import type { Deployment } from "@persona-protocol/sdk/contracts";

type Reader = Pick<PersonaClient, "client">;

/** What public endpoints take at once. */
const blocksAtOnce = 5_000n;

export function* blockRanges({ fromBlock }: Pick<Deployment, "fromBlock">, last: bigint) {
  for (let from = fromBlock; from <= last; from += blocksAtOnce) {
    const end = from + blocksAtOnce - 1n;
    yield { fromBlock: from, toBlock: end < last ? end : last };
  }
}

const times = new Map<string, Promise<number>>();

/** When a block was, in Unix seconds. A block's time is read once: what is this deep in use does not change under a reader's eyes. */
export function timeOfBlock({ client }: Reader, blockNumber: bigint): Promise<number> {
  const key = `${client.chain.id} ${blockNumber}`;
  const known = times.get(key);
  if (known !== undefined) return known;
  const asked = client.getBlock({ blockNumber }).then(({ timestamp }) => Number(timestamp));
  times.set(key, asked);
  asked.catch(() => times.delete(key));
  return asked;
}

/** The newest block, and what time it is: by the chain, which counts, or by the clock where that is ahead of the last block. */
export async function chainNow({ client }: Reader): Promise<{ readonly blockNumber: bigint; readonly now: number }> {
  const { number, timestamp } = await client.getBlock({ blockTag: "latest" });
  return { blockNumber: number, now: Math.max(Number(timestamp), Math.floor(Date.now() / 1_000)) };
}
