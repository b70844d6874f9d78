import {
  createGuardianRelease,
  type GrantPackage,
  publishAsWriter,
  readPublications,
  type WriterId,
} from "@persona-protocol/sdk/access";
import { readDeks, requestRead } from "@persona-protocol/sdk/compute";
import {
  type ChainClient,
  createChainView,
  type Deployment,
  datasetRegistryAbi,
} from "@persona-protocol/sdk/contracts";
import { type KemKeyPair, zeroise } from "@persona-protocol/sdk/crypto";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import {
  type BlobStore,
  cidOfDigest,
  type DatasetHead,
  decodeManifest,
  MAX_KEY_BOX_HEAD_BYTES,
  MAX_MANIFEST_BYTES,
  type Manifest,
  openManifestEntry,
} from "@persona-protocol/sdk/storage";
import { type Hex, pad } from "viem";
import type { ReadSource, WritableSegment } from "../ingest/schedule/readSource.ts";
import type { ScheduledSource } from "../ingest/schedule/scheduledSource.ts";
import type { RunResult, SourceRunner } from "../ingest/schedule/scheduler.ts";

/** How a writer comes by the keys of what it writes: a Read grant of the owner, and the key that it names. */
export type WriterKeys = (
  source: ScheduledSource,
) => Promise<{ readonly grant: GrantPackage; readonly recipient: KemKeyPair }>;

type Context = {
  readonly client: ChainClient;
  readonly deployment: Deployment;
  readonly store: BlobStore;
};

/**
 * Reads sources and publishes what they bring as the owner's writer, the client's account. Data keys are asked of the guardians once a start and
 * key epoch, and stay in this process until `close`.
 */
export function createWriterRunner(
  context: Context,
  { kinds, keysOf }: { readonly kinds: Readonly<Record<string, ReadSource>>; readonly keysOf: WriterKeys },
): SourceRunner & { close(): void } {
  const { client, deployment, store } = context;
  const chain = createChainView(client, deployment);
  const writer: WriterId = { kind: 1, id: pad(client.account.address, { size: 32 }) };
  /** By dataset and key epoch. */
  const kept = new Map<string, Map<number, Uint8Array>>();

  const present = async (datasetId: Hex) => {
    const { number } = await chain.block("latest");
    const newest = (await readPublications(context, datasetId, number)).at(-1);
    if (newest === undefined)
      throw new PersonaError("DATASET_UNKNOWN", "The chain has no such dataset.", { data: { datasetId } });
    return newest;
  };
  const obtain = async (source: ScheduledSource, newest: Awaited<ReturnType<typeof present>>, signal: AbortSignal) => {
    const key = `${source.datasetId} ${newest.keyEpoch}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const { grant, recipient } = await keysOf(source);
    const { version, head } = newest;
    const dataset = { ...grant.dataset, version, head };
    const request = await requestRead(context, { grant: { ...grant, dataset }, recipientKey: recipient.publicKey });
    const keyBoxHead = await store.getBlock(cidOfDigest(head.keyBoxDigest, "dag-cbor"), {
      maxBytes: MAX_KEY_BOX_HEAD_BYTES,
    });
    const provider = createGuardianRelease(chain);
    const deks = await readDeks(context, request, { recipient, provider, keyBoxHead, signal });
    kept.set(key, deks);
    return deks;
  };
  const delegation = async (datasetId: Hex) =>
    client.readContract({
      address: deployment.datasetRegistry,
      abi: datasetRegistryAbi,
      functionName: "delegationOf",
      args: [datasetId, writer],
    });

  return {
    async objection({ datasetId }) {
      const { number, timestamp } = await chain.block("latest");
      const { status, keyEpoch } = await chain.dataset(datasetId as Hex, number);
      if (status !== "active") return "DATASET_ERASED";
      const given = await delegation(datasetId as Hex);
      const stands =
        given.setAt !== 0 &&
        given.keyEpoch === keyEpoch &&
        BigInt(given.until) > timestamp &&
        given.usedVersions < given.maxVersions;
      return stands ? undefined : "WRITER_REFUSED";
    },
    async wasPublished({ datasetId }, { version, manifestDigest }) {
      const { number } = await chain.block("latest");
      const publications = await readPublications(context, datasetId as Hex, number);
      return publications.some((one) => one.version === version && one.head.manifestDigest === manifestDigest);
    },
    async run({ source, signal, permit, intend }): Promise<RunResult> {
      const read = Object.hasOwn(kinds, source.kind) ? kinds[source.kind] : undefined;
      if (read === undefined)
        throw new PersonaError("CONFIG_INVALID", "This node reads no sources of this kind.", {
          data: { kind: source.kind },
        });
      const datasetId = source.datasetId as Hex;
      const newest = await present(datasetId);
      const deks = await obtain(source, newest, signal);
      const { segments: delegated } = await delegation(datasetId);
      const segments = await writable(store, {
        datasetId,
        head: newest.head,
        keyEpoch: newest.keyEpoch,
        deks,
        delegated,
      });
      const brought = await read({ source, segments, signal, permit });
      try {
        const { cursor, stopped } = brought;
        if (brought.segments.length === 0) return { version: undefined, cursor, stopped };
        const { version } = await publishAsWriter(context, {
          ...{ datasetId, head: newest.head, writer, deks, segments: brought.segments },
          onPrepared: async (prepared) => intend({ ...prepared, cursor }),
        });
        return { version, cursor, stopped };
      } finally {
        await brought.discard?.();
      }
    },
    close() {
      for (const deks of kept.values()) zeroise(...deks.values());
      kept.clear();
    },
  };
}

async function writable(
  store: Pick<BlobStore, "getBlock">,
  of: {
    readonly datasetId: Hex;
    readonly head: DatasetHead;
    readonly keyEpoch: number;
    readonly deks: ReadonlyMap<number, Uint8Array>;
    readonly delegated: bigint;
  },
): Promise<WritableSegment[]> {
  const { datasetId, head, keyEpoch, deks, delegated } = of;
  const digest = head.manifestDigest;
  const bytes = await store.getBlock(cidOfDigest(digest, "dag-cbor"), { maxBytes: MAX_MANIFEST_BYTES });
  const manifest: Manifest = decodeManifest(bytes, { digest, datasetId, keyEpoch });
  const found: WritableSegment[] = [];
  for (const { index, version, entry } of manifest.segments) {
    const dek = deks.get(index);
    if (dek === undefined || ((delegated >> BigInt(index)) & 1n) === 0n) continue;
    try {
      const { name, schema } = await openManifestEntry(entry, { datasetId, segment: index, keyEpoch, version, dek });
      found.push({ index, name, schema });
    } catch (error) {
      // What another writer has written without its key nobody can add to.
      if (!isPersonaError(error, "MANIFEST_INVALID")) throw error;
    }
  }
  return found;
}
