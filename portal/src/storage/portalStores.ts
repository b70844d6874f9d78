import {
  type BlobReader,
  type BlobStore,
  createBlobStore,
  createGatewayReader,
  createHttpStore,
  createReplicatedStore,
  type NamedStore,
} from "@persona-protocol/sdk/storage";
import type { PortalConfig } from "../app/config.ts";
import { kuboMedium } from "./kuboMedium.ts";

export type PortalStores = {
  /** All of them as one: writes to as many as are wanted, reads from any. Undefined where nothing can be written to. */
  readonly store: BlobStore | undefined;
  /** Each by itself, to see whether its copy is whole. */
  readonly readers: readonly NamedStore<BlobReader>[];
  /** Those of them that can be written to. */
  readonly keepers: readonly NamedStore[];
  readonly wanted: number;
};

const opened = new WeakMap<PortalConfig, PortalStores>();

export function portalStores(config: PortalConfig): PortalStores {
  const known = opened.get(config);
  if (known !== undefined) return known;
  const kept = config.stores
    .filter(({ kind }) => kind !== "gateway")
    .map(({ name, kind, url }) => ({
      name,
      store: kind === "kubo" ? createBlobStore(kuboMedium(url)) : createHttpStore({ url }),
    }));
  const given = config.stores
    .filter(({ kind }) => kind === "gateway")
    .map(({ name, url }) => ({ name, store: createGatewayReader({ url }) }));
  const { wanted } = config;
  const stores: PortalStores = {
    store: kept.length === 0 ? undefined : createReplicatedStore({ stores: kept, wanted }),
    readers: [...kept, ...given],
    keepers: kept,
    wanted,
  };
  opened.set(config, stores);
  return stores;
}

/** One block of a dataset's public part, from whichever store has it. */
export async function readPublicBlock(config: PortalConfig, cid: string, maxBytes: number): Promise<Uint8Array> {
  const { readers } = portalStores(config);
  let last: unknown = new Error("no store is configured");
  for (const { store } of readers) {
    try {
      return await store.getBlock(cid, { maxBytes, signal: AbortSignal.timeout(15_000) });
    } catch (error) {
      last = error;
    }
  }
  throw last;
}
