import type { Hex } from "viem";
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
  catalogueHash,
  confirmStored,
  type DatasetHead,
  datasetHeadHash,
  type EnvelopePadding,
  encodeManifest,
  guardianSetHash,
  MAX_SEGMENTS,
  type ManifestSegment,
  makeKeyBox,
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
 * More segments for a dataset, behind those it has: theirs is the next version, everything before stays byte for byte. The KeyBox is
 * made anew, since it must hold the new segments' keys too; guardians and threshold stay. The registry takes it only while its head
 * is still the one the caller knows. Grants name segments: who was granted the old ones reads the new ones by a new grant.
 *
 * @throws PersonaError DATASET_HEAD_MISMATCH when the chain's head is another one; nothing is stored then
 * @throws PersonaError CONFIG_INVALID when it would have more than 256 segments
 * @throws PersonaError GUARDIANS_UNAVAILABLE, SEALED_BOX_INVALID, KEYBOX_INVALID, DIGEST_MISMATCH as `replaceGuardians`
 */
export async function extendDataset(
  context: {
    readonly client: ChainClient;
    readonly deployment: Deployment;
    readonly store: PublishStore & Pick<BlobReader, "getBlock">;
    /** Who the guardians are, as several endpoints say (`createAgreeingNodeView`). Default: as `client` says alone. */
    readonly nodes?: NodeView | undefined;
  },
  parameters: extendDataset.Parameters,
): Promise<publishDataset.ReturnType> {
  const { client, deployment, store, nodes = createChainView(client, deployment) } = context;
  const { dataset, segments, padding = "padme", onProgress = () => {}, onPrepared = async () => {} } = parameters;
  const { datasetId, keyEpoch, head: previous, threshold } = dataset;
  const first = dataset.catalogue.length;
  if (first + segments.length > MAX_SEGMENTS) {
    throw new PersonaError("CONFIG_INVALID", "A dataset has 256 segments at most: publish a new one.", {
      data: { datasetId, segments: first, more: segments.length },
    });
  }
  await requireCurrent(context, dataset);
  const guardians = await resolveGuardians(nodes, dataset.guardians);
  requireIndependent(deployment, guardians, threshold);

  const { manifest, deks } = await openOwnDataset(context, parameters);
  try {
    const version = dataset.version + 1;
    const stored: { segment: ManifestSegment; commitment: Hex }[] = [];
    for (const [place, segment] of segments.entries()) {
      const dek = randomBytes(32);
      deks.set(first + place, dek);
      const ids = { datasetId, segment: first + place, keyEpoch, version, dek, padding };
      stored.push(await storeSegment(store, segment, ids));
      onProgress({ step: "encrypt", done: place + 1, total: segments.length });
    }
    const appended = stored.map(({ commitment }) => commitment);
    const catalogue = [...dataset.catalogue, ...appended];
    const next = {
      ...manifest,
      version,
      previous: previous.manifestDigest,
      catalogue,
      segments: [...manifest.segments, ...stored.map(({ segment }) => segment)],
    };
    requireManifestSuccessor({ manifest, digest: previous.manifestDigest }, next);
    const encoded = encodeManifest(next);
    const storedManifest = await store.putBlock(encoded.bytes, "dag-cbor");
    const made = await makeKeyBox({
      chainId: deployment.chainId,
      registry: deployment.datasetRegistry,
      datasetId,
      keyEpoch,
      threshold,
      guardians,
      ownerPublicKey: parameters.ownerKeyPair.publicKey,
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
      manifestDigest: encoded.digest,
      keyBoxDigest: made.keyBoxDigest,
      guardianSetHash: guardianSetHash(made.head),
      catalogueHash: catalogueHash(catalogue),
      catalogueLength: catalogue.length,
    };
    const prepared = {
      dataset: {
        ...dataset,
        owner,
        version,
        head,
        catalogue,
        guardians: made.head.guardians,
        segments: [
          ...dataset.segments,
          ...segments.map(({ name, schema, records }, place) => ({
            index: first + place,
            name,
            schema,
            records,
            cid: stored[place]?.segment.cid ?? "",
          })),
        ],
      },
      keyBox: { head: made.headBytes, body: made.bodyBytes },
    };
    await onPrepared(prepared);
    const { gasUsed } = await callContract(client, {
      address: deployment.datasetRegistry,
      abi: datasetRegistryAbi,
      functionName: "publish",
      args: [datasetId, previous, head.manifestDigest, head.keyBoxDigest, head.guardianSetHash, keyEpoch, appended],
    });
    return { ...prepared, gasUsed };
  } finally {
    zeroise(...deks.values());
  }
}

export declare namespace extendDataset {
  type Parameters = Pick<publishDataset.Parameters, "onProgress" | "onPrepared"> & {
    readonly dataset: Dataset;
    /** As the owner has kept it: DAG-CBOR of head and body, with the owner's own keys. */
    readonly keyBox: { readonly head: Uint8Array; readonly body: Uint8Array };
    readonly ownerKeyPair: KemKeyPair;
    /** Behind those of the dataset, in this order. */
    readonly segments: readonly SegmentInput[];
    /** As in `publishDataset`. */
    readonly padding?: EnvelopePadding;
  };
}

/** Asked before anything is stored; the registry asks it again. */
async function requireCurrent(
  { client, deployment }: { readonly client: ChainClient; readonly deployment: Deployment },
  { datasetId, head, version }: Dataset,
): Promise<void> {
  const chain = createChainView(client, deployment);
  const { number } = await chain.block("latest");
  const { headHash } = await chain.dataset(datasetId, number);
  if (headHash === datasetHeadHash(head)) return;
  throw new PersonaError("DATASET_HEAD_MISMATCH", "The chain has another version of the dataset than the record.", {
    data: { datasetId, version },
  });
}
