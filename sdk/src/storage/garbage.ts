import type { Hex } from "viem";
import { isPersonaError } from "../errors/index.ts";
import type { BlobPins, BlobReader, CallOptions } from "./blobStore.ts";
import { collectBytes } from "./byteStream.ts";
import { cidOfDigest } from "./cid.ts";
import { ENVELOPE_HEADER_BYTES, parseEnvelopeHeader } from "./envelopeHeader.ts";
import { decodeKeyBoxHead, MAX_KEY_BOX_HEAD_BYTES } from "./keyBox.ts";
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
  /**
   * What such versions name although it is not the dataset's: a backup, another dataset's object, whatever else the stores keep. A
   * writer or a former owner can name anything. It stays.
   */
  readonly foreign: readonly { readonly cid: string; readonly datasetId: Hex }[];
};

/**
 * Computes what erased and superseded versions leave behind. A segment that a later version took over stays, and so does
 * whatever any present version of any of the datasets names. Only what says of itself that it is the dataset's is let go (an envelope's
 * header, a KeyBox head, a manifest): a version that names other objects takes nothing from anybody. Give all datasets that the stores are for; what none of them ever named is not looked at. What writers have published is kept back to the
 * owner's own last version: who reads theirs compares them with it.
 *
 * @throws MANIFEST_INVALID when a writer has published what it may not: what it dropped would be garbage.
 * @throws what the reader throws when a present manifest cannot be read: then nothing can be said to be garbage.
 */
export async function planGarbage(
  reader: Pick<BlobReader, "getBlock" | "get">,
  datasets: readonly DatasetVersions[],
  options: CallOptions = {},
): Promise<GarbagePlan> {
  const keep = new Set<string>();
  const release = new Map<string, GarbagePlan["release"][number]>();
  const unreadable = new Set<string>();
  const foreign = new Map<string, GarbagePlan["foreign"][number]>();
  for (const { datasetId, status, head, former } of datasets) {
    if (status === "erased") continue;
    for (const linked of await readLinkedManifests(reader, { datasetId, head, former }, options))
      for (const cid of [...objectsOf(linked.head), ...linked.manifest.segments.map((one) => one.cid)]) keep.add(cid);
  }
  for (const { datasetId, status, head, former } of datasets) {
    const why = status === "erased" ? "erased" : "superseded";
    for (const old of [...former, ...(status === "erased" ? [head] : [])]) {
      for (const { cid, kind } of await named(reader, datasetId, old, options)) {
        if (keep.has(cid) || release.has(cid)) continue;
        const whose = kind === "manifest" ? "own" : await whoseIs(reader, datasetId, { cid, kind }, options);
        if (whose === "own") release.set(cid, { cid, datasetId, why });
        else if (whose === "foreign") foreign.set(cid, { cid, datasetId });
        else unreadable.add(cid);
      }
    }
  }
  return {
    keep: [...keep],
    release: [...release.values()],
    unreadable: [...unreadable],
    foreign: [...foreign.values()],
  };
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

type Named = { readonly cid: string; readonly kind: "manifest" | "unknown" | "keyBox" | "segment" };

/** What an old head names. A manifest that cannot be read any more, or is none of this dataset, is all that is known of it. */
async function named(
  reader: Pick<BlobReader, "getBlock">,
  datasetId: Hex,
  head: HeadObjects,
  options: CallOptions,
): Promise<Named[]> {
  const [manifest = "", keyBox = ""] = objectsOf(head);
  try {
    const bytes = await reader.getBlock(manifest, { ...options, maxBytes: MAX_MANIFEST_BYTES });
    const { segments } = decodeManifest(bytes, { digest: head.manifestDigest, datasetId });
    return [
      { cid: manifest, kind: "manifest" },
      { cid: keyBox, kind: "keyBox" },
      ...segments.map(({ cid }): Named => ({ cid, kind: "segment" })),
    ];
  } catch (error) {
    throwUnlessSaid(error);
    return [{ cid: manifest, kind: "unknown" }];
  }
}

/** Whose an object says that it is. What is nowhere any more is nobody's: only its pin is left to let go. */
async function whoseIs(
  reader: Pick<BlobReader, "getBlock" | "get">,
  datasetId: Hex,
  { cid, kind }: Named,
  options: CallOptions,
): Promise<"own" | "foreign" | "unreadable"> {
  if (kind === "unknown") return "unreadable";
  const read =
    kind === "keyBox"
      ? reader.getBlock(cid, { ...options, maxBytes: MAX_KEY_BOX_HEAD_BYTES })
      : collectBytes(reader.get(cid, { ...options, offset: 0, length: ENVELOPE_HEADER_BYTES }));
  let bytes: Uint8Array;
  try {
    bytes = await read;
  } catch (error) {
    throwUnlessSaid(error);
    return isPersonaError(error, "BLOB_NOT_FOUND") ? "own" : "unreadable";
  }
  try {
    const of = kind === "keyBox" ? decodeKeyBoxHead(bytes).datasetId : parseEnvelopeHeader(bytes).datasetId;
    return of.toLowerCase() === datasetId.toLowerCase() ? "own" : "foreign";
  } catch (error) {
    throwUnlessSaid(error);
    return "foreign";
  }
}

/** Errors that say something about one object; a store that fails, or a caller who stops, ends the plan. */
function throwUnlessSaid(error: unknown): void {
  if (!isPersonaError(error) || error.code === "CANCELLED" || error.code === "STORE_FAILED") throw error;
}

function objectsOf({ manifestDigest, keyBoxDigest }: HeadObjects): string[] {
  return [cidOfDigest(manifestDigest, "dag-cbor"), cidOfDigest(keyBoxDigest, "dag-cbor")];
}
