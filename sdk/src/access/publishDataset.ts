import type { Hex } from "viem";
import {
  type ChainClient,
  callContract,
  createChainView,
  type Deployment,
  datasetIdOf,
  datasetRegistryAbi,
  explainChainError,
  type NodeView,
  typedData,
} from "../contracts/index.ts";
import { createSha256, randomBytes, toHex, zeroise } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import {
  type BlobWriter,
  bodyForGuardian,
  type ConfirmingStore,
  catalogueCommitment,
  catalogueHash,
  confirmStored,
  type DatasetHead,
  type EnvelopePadding,
  encodeKeyBoxBody,
  encodeManifest,
  encryptEnvelope,
  guardianSetHash,
  type ManifestSegment,
  makeKeyBox,
  type Provenance,
  type SegmentOrigin,
  sealManifestEntry,
} from "../storage/index.ts";
import { depositBodyHash, encodeDeposit } from "./depositMessages.ts";
import { postToGuardian } from "./guardianHttp.ts";
import { type Guardian, resolveGuardians } from "./resolveGuardians.ts";

/** A dataset as its owner knows it. Names and counts are private: the chain holds only their hashes. */
export type Dataset = {
  readonly datasetId: Hex;
  readonly owner: Hex;
  readonly version: number;
  readonly keyEpoch: number;
  readonly head: DatasetHead;
  readonly catalogue: readonly Hex[];
  readonly threshold: number;
  /** Node ids, in the order of the KeyBox. */
  readonly guardians: readonly number[];
  readonly segments: readonly {
    readonly index: number;
    readonly name: string;
    readonly schema: string;
    readonly records: number;
    readonly cid: string;
  }[];
};

export type SegmentInput = {
  readonly name: string;
  readonly schema: string;
  readonly records: number;
  readonly from: Date | null;
  readonly to: Date | null;
  /** Whole in memory, or `size` bytes that can be read as often as it takes. */
  readonly bytes: Uint8Array | { readonly size: number; read(): AsyncIterable<Uint8Array> };
  /** Public level, default `none`: the word of whoever publishes (docs/provenance.md). */
  readonly provenance?: Provenance;
  /** Sealed with the segment's name. */
  readonly origin?: SegmentOrigin | undefined;
};

/** Key epochs and versions count from 1, as the registry does. */
const firstVersion = 1;
const firstKeyEpoch = 1;
const depositTimeoutMs = 30_000;

/** A `createReplicatedStore` publishes to several; nothing is let go here, so no store need give the right to. */
export type PublishStore = Pick<BlobWriter, "put" | "putBlock"> & ConfirmingStore;

/**
 * Encrypts segments on this device, stores them, reads all of it back, splits their keys among guardians, and only then
 * registers the dataset: what is on chain can be read, at as many stores as are wanted, and a failure before that leaves
 * nothing but unreferenced ciphertext.
 */
export async function publishDataset(
  context: {
    readonly client: ChainClient;
    readonly deployment: Deployment;
    readonly store: PublishStore;
    /** Who the guardians are, as several endpoints say (`createAgreeingNodeView`). Default: as `client` says alone. */
    readonly nodes?: NodeView | undefined;
  },
  parameters: publishDataset.Parameters,
): Promise<publishDataset.ReturnType> {
  const { client, deployment, store, nodes = createChainView(client, deployment) } = context;
  const { segments, threshold, ownerPublicKey, padding = "padme" } = parameters;
  const { onProgress = () => {}, onPrepared = async () => {} } = parameters;
  const owner = client.account.address;
  const salt = toHex(randomBytes(32));
  const datasetId = datasetIdOf(deployment, owner, salt);
  const guardians = await resolveGuardians(nodes, parameters.guardians);
  requireIndependent(deployment, guardians, threshold);

  const deks = new Map(segments.map((_, index) => [index, randomBytes(32)]));
  try {
    const stored: { segment: ManifestSegment; commitment: Hex }[] = [];
    for (const [index, segment] of segments.entries()) {
      const dek = deks.get(index) ?? new Uint8Array();
      stored.push(
        await storeSegment(store, segment, {
          datasetId,
          segment: index,
          keyEpoch: firstKeyEpoch,
          version: firstVersion,
          dek,
          padding,
        }),
      );
      onProgress({ step: "encrypt", done: index + 1, total: segments.length });
    }
    const catalogue = stored.map(({ commitment }) => commitment);
    const manifest = encodeManifest({
      datasetId,
      version: firstVersion,
      keyEpoch: firstKeyEpoch,
      previous: null,
      catalogue,
      segments: stored.map(({ segment }) => segment),
    });
    const storedManifest = await store.putBlock(manifest.bytes, "dag-cbor");

    const keyBox = await makeKeyBox({
      chainId: deployment.chainId,
      registry: deployment.datasetRegistry,
      datasetId,
      keyEpoch: firstKeyEpoch,
      threshold,
      guardians,
      ownerPublicKey,
      deks,
    });
    const storedHead = await store.putBlock(keyBox.headBytes, "dag-cbor");
    // The manifest names the segments, so this reads every byte that the chain will stand for.
    onProgress({ step: "confirm", done: 0, total: 1 });
    await confirmStored(store, [storedManifest.cid, storedHead.cid]);
    onProgress({ step: "confirm", done: 1, total: 1 });
    for (const [i, guardian] of guardians.entries()) {
      await depositShares(context, guardian, { ...keyBox, datasetId, salt, owner });
      onProgress({ step: "deposit", done: i + 1, total: guardians.length });
    }

    const head: DatasetHead = {
      manifestDigest: manifest.digest,
      keyBoxDigest: keyBox.keyBoxDigest,
      guardianSetHash: guardianSetHash(keyBox.head),
      catalogueHash: catalogueHash(catalogue),
      catalogueLength: catalogue.length,
    };
    const dataset: Dataset = {
      datasetId,
      owner,
      version: firstVersion,
      keyEpoch: firstKeyEpoch,
      head,
      catalogue,
      threshold,
      guardians: keyBox.head.guardians,
      segments: segments.map(({ name, schema, records }, index) => ({
        index,
        name,
        schema,
        records,
        cid: stored[index]?.segment.cid ?? "",
      })),
    };
    const kept = { head: keyBox.headBytes, body: keyBox.bodyBytes };
    await onPrepared({ dataset, keyBox: kept });
    const { gasUsed } = await callContract(client, {
      address: deployment.datasetRegistry,
      abi: datasetRegistryAbi,
      functionName: "registerDataset",
      args: [salt, head.manifestDigest, head.keyBoxDigest, head.guardianSetHash, catalogue],
    });
    return { dataset, keyBox: kept, gasUsed };
  } finally {
    zeroise(...deks.values());
  }
}

export declare namespace publishDataset {
  type Parameters = {
    /** In the order of the catalogue. */
    readonly segments: readonly SegmentInput[];
    /** Node ids of the guardians the owner trusts. */
    readonly guardians: readonly number[];
    /** How many of them together can release a key; 2 ≤ t ≤ n ≤ 16. */
    readonly threshold: number;
    /** KEM public key of the owner's root key. */
    readonly ownerPublicKey: Uint8Array;
    /** Default `padme`: anybody sees about how large a segment is, and nobody its length. `none` saves up to 12 %. */
    readonly padding?: EnvelopePadding;
    readonly onProgress?: (progress: {
      readonly step: "encrypt" | "confirm" | "deposit";
      readonly done: number;
      readonly total: number;
    }) => void;
    /**
     * Awaited before the registration is sent; when it throws, nothing is registered. Whoever wants to lose nothing keeps it here:
     * after this a transaction may be mined although its answer never arrives.
     */
    readonly onPrepared?: (prepared: Prepared) => Promise<void>;
  };
  type Prepared = {
    readonly dataset: Dataset;
    /** The owner keeps it: with the root key it opens every segment, guardians or not. */
    readonly keyBox: { readonly head: Uint8Array; readonly body: Uint8Array };
  };
  type ReturnType = Prepared & { readonly gasUsed: bigint };
}

/** A dataset that is registered owes its deposits no salt: the chain says who owns it. */
export const noSalt: Hex = `0x${"00".repeat(32)}`;

/** Encrypts a segment into the store, and seals what its manifest says of it. A segment that stays itself keeps its `nameSalt`. */
export async function storeSegment(
  store: Pick<BlobWriter, "put">,
  { name, schema, records, from, to, bytes, provenance = "none", origin }: SegmentInput,
  ids: {
    datasetId: Hex;
    segment: number;
    keyEpoch: number;
    version: number;
    dek: Uint8Array;
    padding: EnvelopePadding;
  },
  nameSalt: Hex = toHex(randomBytes(32)),
): Promise<{ segment: ManifestSegment; commitment: Hex }> {
  const hash = createSha256();
  async function* hashed() {
    const [source, plaintextLength] =
      bytes instanceof Uint8Array ? [[bytes], bytes.length] : [bytes.read(), bytes.size];
    for await (const piece of encryptEnvelope(source, { ...ids, plaintextLength, transient: true })) {
      hash.update(piece);
      yield piece;
    }
  }
  const { cid, size } = await store.put(hashed());
  const seconds = (time: Date | null) => (time === null ? null : Math.floor(time.getTime() / 1_000));
  const entry = await sealManifestEntry(
    { name, schema, count: records, from: seconds(from), to: seconds(to), nameSalt, origin },
    ids,
  );
  return {
    segment: {
      index: ids.segment,
      version: ids.version,
      cid,
      digest: toHex(hash.digest()),
      size,
      provenance,
      entry,
    },
    commitment: catalogueCommitment(nameSalt, name),
  };
}

export async function depositShares(
  { client, deployment }: { readonly client: ChainClient; readonly deployment: Deployment },
  guardian: Guardian,
  keyBox: Awaited<ReturnType<typeof makeKeyBox>> & { readonly datasetId: Hex; readonly salt: Hex; readonly owner: Hex },
): Promise<void> {
  const body = encodeKeyBoxBody(bodyForGuardian(keyBox.body, guardian.nodeId));
  const { datasetId, keyBoxDigest, owner, salt, headBytes: head } = keyBox;
  const message = { datasetId, keyBoxDigest, guardian: guardian.nodeId, bodyHash: depositBodyHash(body) };
  const signature = await client.signTypedData(typedData.keyBoxDeposit(deployment, message)).catch(async (error) => {
    throw await explainChainError(error, "the deposit of a key's share");
  });
  const signal = AbortSignal.timeout(depositTimeoutMs);
  await postToGuardian(guardian.endpoint, "/deposit", encodeDeposit({ owner, salt, head, body, signature }), {
    maxBytes: 4_096,
    signal,
  });
}

/**
 * Guardians of one operator are one guardian: an operator with as many of them as the threshold asks for would have the key alone.
 * Local chains may break the rule.
 * @throws PersonaError CONFIG_INVALID, with the operator and its guardians
 */
export function requireIndependent(
  { chainId }: Deployment,
  guardians: readonly Pick<Guardian, "nodeId" | "operator">[],
  threshold: number,
): void {
  if (chainId === 31_337 || chainId === 1_337) return;
  for (const [operator, its] of Map.groupBy(guardians, (guardian) => guardian.operator)) {
    if (its.length < threshold) continue;
    throw new PersonaError("CONFIG_INVALID", "One operator has so many of the guardians that it has the key alone.", {
      data: { operator, threshold, guardians: its.map(({ nodeId }) => nodeId).join(" ") },
    });
  }
}
