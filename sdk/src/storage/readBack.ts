import type { BlobReader, CallOptions } from "./blobStore.ts";
import { pipelined } from "./byteStream.ts";
import { parseCid } from "./cid.ts";
import { type DagLink, dagLinks } from "./dagLinks.ts";
import { within } from "./within.ts";

const PARALLEL_BLOCKS = 4;

/**
 * Reads back what a CID names and everything below it (the segments of a manifest, too), each block checked against its CID,
 * and keeps nothing. Whoever has seen this return knows that the store has all of it.
 *
 * @returns blocks and bytes that were read, each block once.
 * @throws what the reader throws at the first block that does not come.
 */
export async function readBack(
  reader: Pick<BlobReader, "getBlock">,
  root: string,
  options: CallOptions & { readonly stallMs?: number } = {},
): Promise<{ readonly blocks: number; readonly bytes: number }> {
  const { signal, stallMs = 30_000 } = options;
  const seen = new Set([root]);
  const getBlock = (cid: string): Promise<Uint8Array> =>
    within(stallMs, signal === undefined ? {} : { signal }, (limited) => reader.getBlock(cid, { signal: limited }));
  async function* tasks(cid: string): AsyncGenerator<() => Promise<number>, void, undefined> {
    if (parseCid(cid).codec === "raw") {
      yield async () => (await getBlock(cid)).length;
      return;
    }
    const bytes = await getBlock(cid);
    yield async () => bytes.length;
    for (const link of newLinks(cid, bytes)) yield* tasks(link.cid);
  }
  function newLinks(cid: string, bytes: Uint8Array): DagLink[] {
    return dagLinks(cid, bytes).filter((link) => !seen.has(link.cid) && seen.add(link.cid));
  }
  let blocks = 0;
  let total = 0;
  for await (const bytes of pipelined(tasks(root), PARALLEL_BLOCKS)) {
    blocks += 1;
    total += bytes;
  }
  return { blocks, bytes: total };
}
