import type { Hex } from "viem";
import {
  type ChainClient,
  callContract,
  createChainView,
  type Deployment,
  datasetRegistryAbi,
} from "../contracts/index.ts";
import { isPersonaError, PersonaError } from "../errors/index.ts";
import {
  type BlobReader,
  cidOfDigest,
  confirmStored,
  type DatasetHead,
  datasetHeadHash,
  decodeManifest,
  type EnvelopePadding,
  encodeManifest,
  MAX_MANIFEST_BYTES,
  type Manifest,
  type ManifestSegment,
  openManifestEntry,
  requireManifestSuccessor,
} from "../storage/index.ts";
import { type PublishStore, type SegmentInput, storeSegment } from "./publishDataset.ts";
import { segmentBitmap } from "./segments.ts";
import { type WriterId, type WriterPublication, writerTypedData } from "./writerTypedData.ts";

/** A segment anew. Name and schema stay what they are. */
export type WrittenSegment = Pick<SegmentInput, "records" | "from" | "to" | "bytes" | "provenance" | "origin"> & {
  readonly index: number;
};

/**
 * The next version of a dataset, by a writer: the segments given are encrypted under their own keys, all others stay byte for byte, and the
 * registry takes it only while its head is still the one that was read (docs/protocol.md 3.5). What the delegation does not allow is
 * refused there, and nothing is published.
 *
 * @throws PersonaError DATASET_HEAD_MISMATCH when somebody has published meanwhile: read anew
 * @throws PersonaError WRITER_REFUSED when the delegation is not there, over, used up, for other segments or keys, or the enclave key may not be relied on
 * @throws PersonaError DATASET_ERASED, KEY_EPOCH_OLD, MANIFEST_INVALID, SEGMENT_NOT_GRANTED without a segment's key
 */
export async function publishAsWriter(
  context: {
    readonly client: ChainClient;
    readonly deployment: Deployment;
    readonly store: PublishStore & Pick<BlobReader, "getBlock">;
  },
  parameters: publishAsWriter.Parameters,
): Promise<publishAsWriter.ReturnType> {
  const { client, deployment, store } = context;
  const { datasetId, head, writer, segments, deks, padding = "padme", onPrepared = async () => {} } = parameters;
  const chain = createChainView(client, deployment);
  const { number, timestamp } = await chain.block("latest");
  const dataset = await chain.dataset(datasetId, number);
  if (dataset.status !== "active")
    throw new PersonaError("DATASET_ERASED", "The dataset is not active.", { data: { datasetId } });
  if (dataset.headHash !== datasetHeadHash(head)) throw changedMeanwhile(datasetId);
  const { keyEpoch } = dataset;
  const digest = head.manifestDigest;
  const bytes = await store.getBlock(cidOfDigest(digest, "dag-cbor"), { maxBytes: MAX_MANIFEST_BYTES });
  const manifest = decodeManifest(bytes, { digest, datasetId, keyEpoch, version: Number(dataset.version) });
  const version = manifest.version + 1;

  const written = new Map<number, ManifestSegment>();
  for (const { index, ...content } of segments) {
    const { before, dek } = segmentOf(manifest, deks, index);
    const ids = { datasetId, segment: index, keyEpoch, dek };
    const { name, schema, nameSalt } = await openManifestEntry(before.entry, { ...ids, version: before.version });
    const { segment } = await storeSegment(store, { ...content, name, schema }, { ...ids, version, padding }, nameSalt);
    written.set(index, segment);
  }
  const next: Manifest = {
    ...manifest,
    version,
    previous: digest,
    segments: manifest.segments.map((segment) => written.get(segment.index) ?? segment),
  };
  const bitmap = segmentBitmap(written.keys());
  requireManifestSuccessor({ manifest, digest }, next, bitmap);
  const encoded = encodeManifest(next);
  const stored = await store.putBlock(encoded.bytes, "dag-cbor");
  await confirmStored(store, [stored.cid]);
  const publication: WriterPublication = {
    ...{ datasetId, writer, version, keyEpoch, previousHead: dataset.headHash },
    ...{ manifestDigest: encoded.digest, segments: bitmap },
    deadline: Number(timestamp) + (parameters.deadlineSeconds ?? 600),
  };
  await onPrepared({ version, manifestDigest: encoded.digest });
  const registry = { address: deployment.datasetRegistry, abi: datasetRegistryAbi } as const;
  try {
    const signature = await parameters.sign?.(writerTypedData(deployment, publication));
    const { gasUsed } =
      signature === undefined
        ? await callContract(client, { ...registry, functionName: "publishAsWriter", args: [publication, head] })
        : await callContract(client, {
            ...registry,
            functionName: "publishAsWriterBySig",
            args: [publication, head, signature],
          });
    return { version, keyEpoch, head: { ...head, manifestDigest: encoded.digest }, gasUsed };
  } catch (error) {
    throw explain(error, datasetId);
  }
}

export declare namespace publishAsWriter {
  type Parameters = {
    readonly datasetId: Hex;
    /** The present one, as the events tell it. */
    readonly head: DatasetHead;
    readonly writer: WriterId;
    /** Each once. */
    readonly segments: readonly WrittenSegment[];
    /** Data keys by segment index. The caller zeroises them. */
    readonly deks: ReadonlyMap<number, Uint8Array>;
    readonly padding?: EnvelopePadding;
    /** How long the transaction may wait to be mined. Default 600. */
    readonly deadlineSeconds?: number;
    /** The writer's key, where the account only pays: an enclave has no gas. Default: the account is the writer. */
    readonly sign?: (publication: SignedPublication) => Promise<Hex>;
    /** Awaited right before the transaction is sent: from then on it may be mined although its answer never arrives. */
    readonly onPrepared?: (prepared: { readonly version: number; readonly manifestDigest: Hex }) => Promise<void>;
  };
  type ReturnType = {
    readonly version: number;
    readonly keyEpoch: number;
    readonly head: DatasetHead;
    readonly gasUsed: bigint;
  };
}

function segmentOf(manifest: Manifest, deks: ReadonlyMap<number, Uint8Array>, index: number) {
  const before = manifest.segments.find((segment) => segment.index === index);
  const dek = deks.get(index);
  if (before !== undefined && dek !== undefined) return { before, dek };
  throw new PersonaError("SEGMENT_NOT_GRANTED", "The writer has no key of this segment, or there is none.", {
    data: { datasetId: manifest.datasetId, segment: index },
  });
}

type SignedPublication = ReturnType<typeof writerTypedData>;

const codeByError: Readonly<
  Record<string, "WRITER_REFUSED" | "DATASET_HEAD_MISMATCH" | "DATASET_ERASED" | "KEY_EPOCH_OLD">
> = {
  WriterUnknown: "WRITER_REFUSED",
  WriterInvalid: "WRITER_REFUSED",
  WriterExpired: "WRITER_REFUSED",
  WriterExhausted: "WRITER_REFUSED",
  WriterKeyEpochOld: "WRITER_REFUSED",
  WriterSegmentsInvalid: "WRITER_REFUSED",
  WriterCallerMismatch: "WRITER_REFUSED",
  WriterSignatureInvalid: "WRITER_REFUSED",
  WriterKeyNotUsable: "WRITER_REFUSED",
  DatasetHeadStale: "DATASET_HEAD_MISMATCH",
  DatasetVersionStale: "DATASET_HEAD_MISMATCH",
  DatasetNotActive: "DATASET_ERASED",
  DatasetKeyEpochInvalid: "KEY_EPOCH_OLD",
};

function explain(error: unknown, datasetId: Hex): unknown {
  const refused = isPersonaError(error) ? String(error.data["error"]) : "";
  const code = Object.hasOwn(codeByError, refused) ? codeByError[refused] : undefined;
  if (code === undefined) return error;
  return new PersonaError(code, `The registry has refused a writer's version: ${refused}.`, {
    data: { datasetId, error: refused },
    cause: error,
  });
}

const changedMeanwhile = (datasetId: Hex) =>
  new PersonaError("DATASET_HEAD_MISMATCH", "Somebody has published another version meanwhile.", {
    data: { datasetId },
  });
