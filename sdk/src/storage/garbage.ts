import type { Hex } from "viem";
import { isPersonaError } from "../errors/index.ts";
import type { BlobPins, BlobReader, CallOptions } from "./blobStore.ts";
import { cidOfDigest } from "./cid.ts";
import { readLinkedManifests } from "./linkedVersions.ts";
import { decodeManifest, MAX_MANIFEST_BYTES } from "./manifest.ts";

/** What the chain says of a dataset: the objects that its present head names, and those of all heads before. */
export type DatasetVersions = {
  readonly datasetId: Hex;
  /** An erasing dataset may come back, so it keeps everything that an active one keeps. */
  readonly status: "active" | "erasing" | "erased";
  readonly head: HeadObjects;
  readonly former: readonly HeadObjects[];
};

export type HeadObjects = {
  readonly manifestDigest: Hex;
  readonly keyBoxDigest: Hex;
  /** Where a writer has published it: the segments that it may have changed, bit i: segment i. Absent where the owner has. */
  readonly written?: bigint;
};

export type GarbagePlan = {
  /** CIDs that some present head needs. */
  readonly keep: readonly string[];
  /** CIDs that only superseded or erased versions name, manifests before their segments. */
  readonly release: readonly { readonly cid: string; readonly datasetId: Hex; readonly why: "superseded" | "erased" }[];
  /** Manifests of such versions that cannot be read any more: what they named is not known, and stays. */
  readonly unreadable: readonly string[];
};

/**
 * Computes what erased and superseded versions leave behind. A segment that a later version took over stays, and so does
 * whatever any present version of any of the datasets names: a manifest that names another dataset's objects takes nothing
 * from it. Give all datasets that the stores are for; what none of them ever named is not looked at. What writers have published is kept back to the
 * owner's own last version: who reads theirs compares them with it.
 *
 * @throws MANIFEST_INVALID when a writer has published what it may not: what it dropped would be garbage.
 * @throws what the reader throws when a present manifest cannot be read: then nothing can be said to be garbage.
 */
export async function planGarbage(
  reader: Pick<BlobReader, "getBlock">,
  datasets: readonly DatasetVersions[],
  options: CallOptions = {},
): Promise<GarbagePlan> {
  const keep = new Set<string>();
  const release = new Map<string, GarbagePlan["release"][number]>();
  const unreadable: string[] = [];
  for (const { datasetId, status, head, former } of datasets) {
    if (status === "erased") continue;
    for (const linked of await readLinkedManifests(reader, { datasetId, head, former }, options))
      for (const cid of [...objectsOf(linked.head), ...linked.manifest.segments.map((one) => one.cid)]) keep.add(cid);
  }
  for (const { datasetId, status, head, former } of datasets) {
    const why = status === "erased" ? "erased" : "superseded";
    for (const old of [...former, ...(status === "erased" ? [head] : [])]) {
      const cids = await named(reader, datasetId, old, options).catch((error: unknown) => {
        if (!isPersonaError(error) || error.code === "CANCELLED" || error.code === "STORE_FAILED") throw error;
        unreadable.push(cidOfDigest(old.manifestDigest, "dag-cbor"));
        return objectsOf(old);
      });
      for (const cid of cids) if (!keep.has(cid)) release.set(cid, { cid, datasetId, why });
    }
  }
  return { keep: [...keep], release: [...release.values()], unreadable: [...new Set(unreadable)] };
}

/**
 * Lets go of what a plan releases. A store that fails is said so at its CID and the others go on: run again, it goes on there.
 *
 * @returns what was let go, and what was not.
 */
export async function unpinGarbage(
  pins: Pick<BlobPins, "unpin">,
  plan: GarbagePlan,
  options: CallOptions = {},
): Promise<{ readonly released: readonly string[]; readonly failed: readonly { cid: string; error: unknown }[] }> {
  const released: string[] = [];
  const failed: { cid: string; error: unknown }[] = [];
  for (const { cid } of plan.release) {
    try {
      await pins.unpin(cid, options);
      released.push(cid);
    } catch (error) {
      if (isPersonaError(error, "CANCELLED")) throw error;
      failed.push({ cid, error });
    }
  }
  return { released, failed };
}

async function named(
  reader: Pick<BlobReader, "getBlock">,
  datasetId: Hex,
  head: HeadObjects,
  options: CallOptions,
): Promise<string[]> {
  const [manifest = "", keyBox = ""] = objectsOf(head);
  const bytes = await reader.getBlock(manifest, { ...options, maxBytes: MAX_MANIFEST_BYTES });
  const { segments } = decodeManifest(bytes, { digest: head.manifestDigest, datasetId });
  return [manifest, keyBox, ...segments.map(({ cid }) => cid)];
}

function objectsOf({ manifestDigest, keyBoxDigest }: HeadObjects): string[] {
  return [cidOfDigest(manifestDigest, "dag-cbor"), cidOfDigest(keyBoxDigest, "dag-cbor")];
}
