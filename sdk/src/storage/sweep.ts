import type { Hex } from "viem";
import { PersonaError } from "../errors/index.ts";
import type { BlobReader, CallOptions } from "./blobStore.ts";
import { digestOfCid, parseCid } from "./cid.ts";
import { dagLinks } from "./dagLinks.ts";
import { storeError } from "./storeFailure.ts";

/** What a store must tell for its unpinned blocks to be deleted. */
export type SweepMedium = {
  pins(options: CallOptions): AsyncIterable<string>;
  blocks(options: CallOptions): AsyncIterable<SweepBlock>;
};

type SweepBlock = {
  readonly digest: Hex;
  /** Milliseconds since 1970, when it was last written. */
  readonly writtenAt: number;
  readonly bytes: number;
  remove(): Promise<void>;
};

export type SweepResult = {
  readonly removed: number;
  readonly removedBytes: number;
  readonly kept: number;
  /** Unpinned, but so young that a writer may still be about to pin it. */
  readonly young: number;
};

const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * Deletes blocks that no pin keeps: with unpinning, the way in which something really goes. A block that was written in the
 * last `graceMs` stays, because a put pins last; a put that takes longer finds out when it reads back. Nothing is deleted
 * when any object or node below a pin cannot be read: what it names could not be told from garbage.
 *
 * @throws what the reader throws at such a block.
 * @throws STORE_FAILED, CANCELLED
 */
export async function sweepBlocks(
  store: Pick<BlobReader, "getBlock">,
  medium: SweepMedium,
  options: sweepBlocks.Options = {},
): Promise<SweepResult> {
  try {
    return await sweep(store, medium, options);
  } catch (cause) {
    throw storeError("sweep", "all", options, cause);
  }
}

export declare namespace sweepBlocks {
  type Options = CallOptions & {
    /** Default a day. */
    readonly graceMs?: number;
    /** Only counts. */
    readonly dryRun?: boolean;
    /** The clock, milliseconds since 1970. */
    readonly now?: number;
  };
}

async function sweep(
  store: Pick<BlobReader, "getBlock">,
  medium: SweepMedium,
  options: sweepBlocks.Options,
): Promise<SweepResult> {
  const { graceMs = DAY_MS, dryRun = false, now = Date.now() } = options;
  const kept = await digestsBelowPins(store, medium, options);
  const result = { removed: 0, removedBytes: 0, kept: 0, young: 0 };
  for await (const block of medium.blocks(options)) {
    if (options.signal?.aborted === true) throw new PersonaError("CANCELLED", "The store was told to stop.");
    if (kept.has(block.digest)) result.kept += 1;
    else if (now - block.writtenAt < graceMs) result.young += 1;
    else {
      if (!dryRun) await block.remove();
      result.removed += 1;
      result.removedBytes += block.bytes;
    }
  }
  return result;
}

/** By digest, since a block has no format of its own: what one pin names as a leaf another may name as an object. */
async function digestsBelowPins(
  store: Pick<BlobReader, "getBlock">,
  medium: SweepMedium,
  { signal }: CallOptions,
): Promise<Set<Hex>> {
  const options = signal === undefined ? {} : { signal };
  const seen = new Set<string>();
  const digests = new Set<Hex>();
  for await (const pin of medium.pins(options)) {
    const ahead = [pin];
    for (let cid = ahead.pop(); cid !== undefined; cid = ahead.pop()) {
      if (seen.has(cid)) continue;
      seen.add(cid);
      digests.add(digestOfCid(cid));
      if (parseCid(cid).codec === "raw") continue;
      ahead.push(...dagLinks(cid, await store.getBlock(cid, options)).map((link) => link.cid));
    }
  }
  return digests;
}
