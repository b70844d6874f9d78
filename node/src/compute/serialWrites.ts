import type { ChainClient } from "@persona-protocol/sdk/contracts";

/** The same client, whose transactions are sent one after the other: two at once would take the same nonce. */
export function serialWrites(client: ChainClient): ChainClient {
  let last: Promise<unknown> = Promise.resolve();
  const writeContract = ((...args: Parameters<ChainClient["writeContract"]>) => {
    // Only the sending waits its turn, not the receipt.
    const sent = last.then(() => client.writeContract(...args));
    last = sent.catch(() => {});
    return sent;
  }) as ChainClient["writeContract"];
  return { ...client, writeContract };
}
