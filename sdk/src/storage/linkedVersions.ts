import type { BlobReader, CallOptions } from "./blobStore.ts";
import { cidOfDigest } from "./cid.ts";
import type { DatasetVersions, HeadObjects } from "./garbage.ts";
import { decodeManifest, MAX_MANIFEST_BYTES, type Manifest } from "./manifest.ts";
import { requireManifestSuccessor } from "./manifestSuccessor.ts";

/** A head, and the manifest that it names. */
type ReadHead = { readonly head: HeadObjects; readonly manifest: Manifest };

/**
 * The present manifest of a dataset and, where writers have published it, all those back to the last one of the owner: each is held against the
 * one before and against the segments that its writer was delegated. The contract cannot look into a manifest: without this a writer could drop
 * or roll back segments that are not its own.
 *
 * @returns newest first; the last one is the owner's.
 * @throws MANIFEST_INVALID when a writer's manifest does not follow, or nobody but writers has published.
 * @throws what the reader throws when one of them cannot be read: then nothing can be said of those after it.
 */
export async function readLinkedManifests(
  reader: Pick<BlobReader, "getBlock">,
  { datasetId, head, former }: Pick<DatasetVersions, "datasetId" | "head" | "former">,
  options: CallOptions = {},
): Promise<readonly [ReadHead, ...ReadHead[]]> {
  const read = async (wanted: HeadObjects): Promise<ReadHead> => {
    const digest = wanted.manifestDigest;
    const cid = cidOfDigest(digest, "dag-cbor");
    const bytes = await reader.getBlock(cid, { ...options, maxBytes: MAX_MANIFEST_BYTES });
    return { head: wanted, manifest: decodeManifest(bytes, { digest, datasetId }) };
  };
  const present = await read(head);
  const earlier: ReadHead[] = [];
  let next = present;
  for (const one of former.toReversed()) {
    if (next.head.written === undefined) break;
    const before = await read(one);
    const { manifestDigest: digest } = before.head;
    requireManifestSuccessor({ manifest: before.manifest, digest }, next.manifest, next.head.written);
    earlier.push(before);
    next = before;
  }
  return [present, ...earlier];
}
