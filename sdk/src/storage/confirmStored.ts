import type { BlobReader, CallOptions } from "./blobStore.ts";
import { readBack } from "./readBack.ts";
import type { ReplicatedStore } from "./replicatedStore.ts";

/** A store that can give back what it was given; one of several stores says itself how many of them must. */
export type ConfirmingStore = Pick<BlobReader, "getBlock"> & Partial<Pick<ReplicatedStore, "confirm">>;

/**
 * Returns when what the CIDs name has been read back and checked, at as many stores as are wanted. To be awaited before
 * anything that names them goes to a chain: what a store has taken is not yet what it can give.
 *
 * @throws STORES_INSUFFICIENT, or what the one store throws.
 */
export async function confirmStored(
  store: ConfirmingStore,
  cids: readonly string[],
  options: CallOptions = {},
): Promise<void> {
  for (const cid of cids) {
    if (store.confirm === undefined) await readBack(store, cid, options);
    else await store.confirm(cid, options);
  }
}
