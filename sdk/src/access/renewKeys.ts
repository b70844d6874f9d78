import {
  type ChainClient,
  callContract,
  createChainView,
  type Deployment,
  datasetRegistryAbi,
  type NodeView,
} from "../contracts/index.ts";
import { type KemKeyPair, randomBytes, zeroise } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import {
  type BlobReader,
  catalogueCommitment,
  collectBytes,
  confirmStored,
  type DatasetHead,
  datasetHeadHash,
  decryptEnvelope,
  ENVELOPE_HEADER_BYTES,
  encodeManifest,
  guardianSetHash,
  type ManifestSegment,
  makeKeyBox,
  openHeader,
  openManifestEntry,
  requireManifestSuccessor,
} from "../storage/index.ts";
import { openOwnDataset } from "./openOwnDataset.ts";
import {
  type Dataset,
  depositShares,
  noSalt,
  type PublishStore,
  type publishDataset,
  requireIndependent,
  type SegmentInput,
  storeSegment,
} from "./publishDataset.ts";
import { resolveGuardians } from "./resolveGuardians.ts";

/**
 * New keys for a whole dataset: a new key epoch. Every segment is decrypted and encrypted anew under a key of its own, a KeyBox with
 * fresh polynomials holds the new keys, and both are published at once. **Every grant on the dataset and every writer ends with it.**
 * Whoever has had an old key still opens the old objects, wherever a copy of them is; to the new ones no old key, share or grant leads.
 *
 * After a transfer or a recovery (`acceptDataset`, `recoverDataset`) the registry is an epoch ahead of the KeyBox: this publishes what
 * it waits for. Segments stay where they are in the catalogue, with their names. In constant memory, whatever the size.
 *
 * @throws PersonaError DATASET_HEAD_MISMATCH when the chain's head is another one; nothing is stored then
 * @throws PersonaError MANIFEST_INVALID, ENVELOPE_INVALID, KEY_COMMITMENT_MISMATCH when what is stored is not the dataset's
 * @throws PersonaError GUARDIANS_UNAVAILABLE, SEALED_BOX_INVALID, KEYBOX_INVALID, DIGEST_MISMATCH as `replaceGuardians`
 */
export async function renewKeys(
  context: {
    readonly client: ChainClient;
    readonly deployment: Deployment;
    readonly store: PublishStore & Pick<BlobReader, "get" | "getBlock">;
    /** Who the guardians are, as several endpoints say (`createAgreeingNodeView`). Default: as `client` says alone. */
    readonly nodes?: NodeView | undefined;
  },
  parameters: renewKeys.Parameters,
): Promise<publishDataset.ReturnType> {
  const { client, deployment, store } = context;
  const { dataset, ownerKeyPair, padding = "padme", threshold = dataset.threshold } = parameters;
  const { onProgress = () => {}, onPrepared = async () => {} } = parameters;
  const { datasetId, head: previous } = dataset;
  const chain = createChainView(client, deployment);
  const keyEpoch = await nextEpoch(chain, dataset);
  const guardians = await resolveGuardians(context.nodes ?? chain, parameters.guardians ?? dataset.guardians);
  requireIndependent(deployment, guardians, threshold);

  const { manifest, deks: old } = await openOwnDataset(context, parameters);
  const deks = new Map(manifest.segments.map(({ index }) => [index, randomBytes(32)]));
  try {
    const version = dataset.version + 1;
    const stored: ManifestSegment[] = [];
    for (const [done, segment] of manifest.segments.entries()) {
      const { index, provenance } = segment;
      const ids = { datasetId, segment: index, keyEpoch: dataset.keyEpoch, dek: keyOf(old, index) };
      const { input, nameSalt } = await readSegment(store, segment, ids);
      if (catalogueCommitment(nameSalt, input.name) !== manifest.catalogue[index])
        throw new PersonaError("MANIFEST_INVALID", "The segment has another name than the catalogue commits to.", {
          data: { datasetId, segment: index },
        });
      const next = { datasetId, segment: index, keyEpoch, version, dek: keyOf(deks, index), padding };
      stored.push((await storeSegment(store, { ...input, provenance }, next, nameSalt)).segment);
      onProgress({ step: "encrypt", done: done + 1, total: manifest.segments.length });
    }
    const after = { ...manifest, version, keyEpoch, previous: previous.manifestDigest, segments: stored };
    requireManifestSuccessor({ manifest, digest: previous.manifestDigest }, after);
    const encoded = encodeManifest(after);
    const storedManifest = await store.putBlock(encoded.bytes, "dag-cbor");
    const made = await makeKeyBox({
      ...{ chainId: deployment.chainId, registry: deployment.datasetRegistry, datasetId, keyEpoch },
      ownerPublicKey: parameters.ownerPublicKey ?? ownerKeyPair.publicKey,
      threshold,
      guardians,
      deks,
    });
    const storedHead = await store.putBlock(made.headBytes, "dag-cbor");
    onProgress({ step: "confirm", done: 0, total: 1 });
    await confirmStored(store, [storedManifest.cid, storedHead.cid]);
    onProgress({ step: "confirm", done: 1, total: 1 });
    const owner = client.account.address;
    for (const [place, guardian] of guardians.entries()) {
      await depositShares(context, guardian, { ...made, datasetId, salt: noSalt, owner });
      onProgress({ step: "deposit", done: place + 1, total: guardians.length });
    }

    const head: DatasetHead = {
      ...previous,
      manifestDigest: encoded.digest,
      keyBoxDigest: made.keyBoxDigest,
      guardianSetHash: guardianSetHash(made.head),
    };
    const cids = new Map(stored.map(({ index, cid }) => [index, cid]));
    const prepared = {
      dataset: {
        ...{ ...dataset, owner, version, keyEpoch, head, threshold, guardians: made.head.guardians },
        segments: dataset.segments.map((segment) => ({ ...segment, cid: cids.get(segment.index) ?? segment.cid })),
      },
      keyBox: { head: made.headBytes, body: made.bodyBytes },
    };
    await onPrepared(prepared);
    const { gasUsed } = await callContract(client, {
      address: deployment.datasetRegistry,
      abi: datasetRegistryAbi,
      functionName: "publish",
      args: [datasetId, previous, head.manifestDigest, head.keyBoxDigest, head.guardianSetHash, keyEpoch, []],
    });
    return { ...prepared, gasUsed };
  } finally {
    zeroise(...old.values(), ...deks.values());
  }
}

export declare namespace renewKeys {
  type Parameters = Pick<publishDataset.Parameters, "onProgress" | "onPrepared" | "padding"> & {
    readonly dataset: Dataset;
    /** As the owner has kept it: DAG-CBOR of head and body, with the owner's own keys. */
    readonly keyBox: { readonly head: Uint8Array; readonly body: Uint8Array };
    readonly ownerKeyPair: KemKeyPair;
    /** Node ids; without them those of the dataset stay. */
    readonly guardians?: readonly number[];
    readonly threshold?: number;
    /** KEM public key of a new root key; without it the present one stays. */
    readonly ownerPublicKey?: Uint8Array;
  };
}

/** The registry's, where a new owner has made it one ahead of the KeyBox; else the next one. Asked before anything is stored. */
async function nextEpoch(chain: ReturnType<typeof createChainView>, dataset: Dataset): Promise<number> {
  const { datasetId, version, head } = dataset;
  const { number } = await chain.block("latest");
  const { headHash, keyEpoch } = await chain.dataset(datasetId, number);
  if (headHash !== datasetHeadHash(head))
    throw new PersonaError("DATASET_HEAD_MISMATCH", "The chain has another version of the dataset than the record.", {
      data: { datasetId, version },
    });
  return keyEpoch > dataset.keyEpoch ? keyEpoch : keyEpoch + 1;
}

type SegmentIds = {
  readonly datasetId: `0x${string}`;
  readonly segment: number;
  readonly keyEpoch: number;
  readonly dek: Uint8Array;
};

/** What is in a segment, in clear, as it was when it was published; it can be read as often as it takes. */
async function readSegment(
  store: Pick<BlobReader, "get">,
  { cid, version, entry }: ManifestSegment,
  ids: SegmentIds,
): Promise<{ readonly input: SegmentInput; readonly nameSalt: `0x${string}` }> {
  const { name, schema, count, from, to, nameSalt, origin } = await openManifestEntry(entry, { ...ids, version });
  const header = openHeader(await collectBytes(store.get(cid, { length: ENVELOPE_HEADER_BYTES })), { ...ids, version });
  zeroise(header.key);
  const date = (seconds: number | null): Date | null => (seconds === null ? null : new Date(seconds * 1_000));
  const read = () => decryptEnvelope(store.get(cid, { transient: true }), { ...ids, version, transient: true });
  const bytes = { size: header.contentLength, read };
  return { input: { name, schema, records: count, from: date(from), to: date(to), bytes, origin }, nameSalt };
}

function keyOf(deks: ReadonlyMap<number, Uint8Array>, segment: number): Uint8Array {
  const dek = deks.get(segment);
  if (dek !== undefined) return dek;
  throw new PersonaError("KEYBOX_INVALID", "The KeyBox lacks the key of a segment.", { data: { segment } });
}
