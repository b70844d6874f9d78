import type { Deployment } from "../contracts/deployment.ts";

/** What public endpoints take at once. */
const blocksAtOnce = 5_000n;

/** The blocks of a deployment up to `last`, in pieces that endpoints answer. */
export function* eventRanges({ fromBlock }: Pick<Deployment, "fromBlock">, last: bigint) {
  for (let from = fromBlock; from <= last; from += blocksAtOnce) {
    const end = from + blocksAtOnce - 1n;
    yield { fromBlock: from, toBlock: end < last ? end : last };
  }
}
