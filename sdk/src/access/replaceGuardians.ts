import type { Hex } from "viem";
import {
  type ChainClient,
  callContract,
  createChainView,
  type Deployment,
  datasetRegistryAbi,
  type NodeView,
} from "../contracts/index.ts";
import { type KemKeyPair, zeroise } from "../crypto/index.ts";
import {
  type BlobStore,
  cidOfDigest,
  confirmStored,
  type DatasetHead,
  decodeKeyBoxBody,
  decodeManifest,
  encodeManifest,
  guardianSetHash,
  MAX_MANIFEST_BYTES,
  makeKeyBox,
  openOwnerDeks,
  requireManifestSuccessor,
  verifyKeyBoxHead,
} from "../storage/index.ts";
import { type Dataset, depositShares, noSalt, type PublishStore, requireIndependent } from "./publishDataset.ts";
import { resolveGuardians } from "./resolveGuardians.ts";

/**
 * Other guardians, another threshold or another root key for a dataset, its data untouched: the owner opens the data keys, splits
 * them anew (fresh nonce, fresh polynomials: shares of before and after do not mix), hands them out, and only then publishes. Key
 * epoch, segments and ciphertext stay. **A former guardian keeps what it has**: t of the old set can still open what they could;
 * against that only a new key epoch helps. Grants of the exact version before end; `live` ones go on.
 * @returns the dataset and KeyBox of the new version, for the owner to keep in the place of the old
 * @throws PersonaError GUARDIANS_UNAVAILABLE, NODE_KEY_* when a new guardian cannot take shares; nothing is published then
 * @throws PersonaError SEALED_BOX_INVALID, KEYBOX_INVALID, DIGEST_MISMATCH when the root key or the KeyBox is not the dataset's
 */
export async function replaceGuardians(
  context: {
    readonly client: ChainClient;
    readonly deployment: Deployment;
    readonly store: Pick<PublishStore, "putBlock" | "confirm" | "getBlock">;
    /** Who the guardians are, as several endpoints say (`createAgreeingNodeView`). Default: as `client` says alone. */
    readonly nodes?: NodeView | undefined;
  },
  parameters: replaceGuardians.Parameters,
): Promise<replaceGuardians.ReturnType> {
  const { client, deployment, store, nodes = createChainView(client, deployment) } = context;
  const { dataset, keyBox, ownerKeyPair, threshold } = parameters;
  const { datasetId, keyEpoch, head: previous } = dataset;
  const guardians = await resolveGuardians(nodes, parameters.guardians);
  requireIndependent(deployment, guardians, threshold);

  const ids = { chainId: deployment.chainId, registry: deployment.datasetRegistry, datasetId, keyEpoch };
  const head = verifyKeyBoxHead(keyBox.head, { ...previous, datasetId, keyEpoch });
  const body = decodeKeyBoxBody(keyBox.body, previous);
  const deks = await openOwnerDeks({ ...ids, head, body, ownerKeyPair });
  try {
    const ownerPublicKey = parameters.ownerPublicKey ?? ownerKeyPair.publicKey;
    const made = await makeKeyBox({ ...ids, threshold, guardians, ownerPublicKey, deks });
    const manifest = await nextManifest(store, dataset);
    const storedManifest = await store.putBlock(manifest.bytes, "dag-cbor");
    const storedHead = await store.putBlock(made.headBytes, "dag-cbor");
    // The segments, too: what is published again must still be there.
    await confirmStored(store, [storedManifest.cid, storedHead.cid]);
    const owner = client.account.address;
    for (const guardian of guardians) {
      await depositShares(context, guardian, { ...made, datasetId, salt: noSalt, owner });
    }

    const next: DatasetHead = {
      ...previous,
      manifestDigest: manifest.digest,
      keyBoxDigest: made.keyBoxDigest,
      guardianSetHash: guardianSetHash(made.head),
    };
    const prepared = {
      dataset: {
        ...dataset,
        owner,
        version: dataset.version + 1,
        head: next,
        threshold,
        guardians: made.head.guardians,
      },
      keyBox: { head: made.headBytes, body: made.bodyBytes },
    };
    await parameters.onPrepared?.(prepared);
    const { gasUsed } = await callContract(client, {
      address: deployment.datasetRegistry,
      abi: datasetRegistryAbi,
      functionName: "publish",
      args: [datasetId, previous, next.manifestDigest, next.keyBoxDigest, next.guardianSetHash, keyEpoch, []],
    });
    return { ...prepared, gasUsed };
  } finally {
    zeroise(...deks.values());
  }
}

export declare namespace replaceGuardians {
  type Parameters = {
    readonly dataset: Dataset;
    /** As the owner has kept it: DAG-CBOR of head and body, with the owner's own keys. */
    readonly keyBox: { readonly head: Uint8Array; readonly body: Uint8Array };
    readonly ownerKeyPair: KemKeyPair;
    /** Node ids; 2 ≤ threshold ≤ guardians ≤ 16. */
    readonly guardians: readonly number[];
    readonly threshold: number;
    /** KEM public key of a new root key; without it the present one stays. */
    readonly ownerPublicKey?: Uint8Array;
    /** Awaited before the publication is sent, as in `publishDataset`. */
    readonly onPrepared?: (prepared: Prepared) => Promise<void>;
  };
  type Prepared = { readonly dataset: Dataset; readonly keyBox: Parameters["keyBox"] };
  type ReturnType = Prepared & { readonly gasUsed: bigint };
}

/** The same segments, byte for byte, under the version that the chain will have. */
async function nextManifest(
  store: Pick<BlobStore, "getBlock">,
  { head, version }: Dataset,
): Promise<{ readonly bytes: Uint8Array; readonly digest: Hex }> {
  const bytes = await store.getBlock(cidOfDigest(head.manifestDigest, "dag-cbor"), { maxBytes: MAX_MANIFEST_BYTES });
  const manifest = decodeManifest(bytes, { digest: head.manifestDigest });
  const next = { ...manifest, version: version + 1, previous: head.manifestDigest };
  // A record whose version is not its manifest's would make one that no reader takes.
  requireManifestSuccessor({ manifest, digest: head.manifestDigest }, next, 0n);
  return encodeManifest(next);
}
