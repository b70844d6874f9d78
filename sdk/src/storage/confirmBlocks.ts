import type { ConfirmingStore } from "./confirmStored.ts";
import { within } from "./within.ts";

const stallMs = 30_000;

/**
 * As confirmStored, of single blocks: what they name is not followed, so that a page that submits jobs loads no reader of files.
 * @throws STORES_INSUFFICIENT, or what the one store throws
 */
export async function confirmBlocks(store: ConfirmingStore, cids: readonly string[]): Promise<void> {
  await Promise.all(
    cids.map((cid) =>
      store.confirm === undefined
        ? within(stallMs, {}, (limited) => store.getBlock(cid, { signal: limited }))
        : store.confirm(cid),
    ),
  );
}
