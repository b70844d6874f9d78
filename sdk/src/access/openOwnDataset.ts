import type { Deployment } from "../contracts/index.ts";
import type { KemKeyPair } from "../crypto/index.ts";
import { zeroise } from "../crypto/index.ts";
import {
  type BlobReader,
  cidOfDigest,
  collectBytes,
  decodeKeyBoxBody,
  decodeManifest,
  decryptEnvelope,
  MAX_MANIFEST_BYTES,
  type Manifest,
  openManifestEntry,
  openOwnerDeks,
  verifyKeyBoxHead,
} from "../storage/index.ts";
import type { Dataset } from "./publishDataset.ts";

type Own = {
  readonly dataset: Dataset;
  /** As the owner has kept it: DAG-CBOR of head and body. */
  readonly keyBox: { readonly head: Uint8Array; readonly body: Uint8Array };
  readonly ownerKeyPair: KemKeyPair;
};

/**
 * Manifest and data keys of an owner's dataset, by the record that they keep and their root key; no guardian is asked. The keys are
 * the caller's to zeroise.
 * @throws PersonaError SEALED_BOX_INVALID, KEYBOX_INVALID, DIGEST_MISMATCH, MANIFEST_INVALID when these do not belong together
 */
export async function openOwnDataset(
  { deployment, store }: { readonly deployment: Deployment; readonly store: Pick<BlobReader, "getBlock"> },
  { dataset, keyBox, ownerKeyPair }: Own,
): Promise<{ readonly manifest: Manifest; readonly deks: Map<number, Uint8Array> }> {
  const { datasetId, keyEpoch, version, head } = dataset;
  const digest = head.manifestDigest;
  const bytes = await store.getBlock(cidOfDigest(digest, "dag-cbor"), { maxBytes: MAX_MANIFEST_BYTES });
  const manifest = decodeManifest(bytes, { digest, datasetId, keyEpoch, version });
  const deks = await openOwnerDeks({
    chainId: deployment.chainId,
    registry: deployment.datasetRegistry,
    datasetId,
    keyEpoch,
    head: verifyKeyBoxHead(keyBox.head, { ...head, datasetId, keyEpoch }),
    body: decodeKeyBoxBody(keyBox.body, head),
    ownerKeyPair,
  });
  return { manifest, deks: new Map(deks) };
}

/**
 * The segments of an owner's dataset in clear, one at a time and each whole in memory.
 * @throws PersonaError as {@link openOwnDataset}; ENVELOPE_INVALID, KEY_COMMITMENT_MISMATCH when a stored object is not the dataset's
 */
export async function* readOwnSegments(
  context: { readonly deployment: Deployment; readonly store: Pick<BlobReader, "getBlock" | "get"> },
  own: Own,
): AsyncGenerator<{ readonly name: string; readonly schema: string; readonly bytes: Uint8Array }> {
  const { datasetId, keyEpoch } = own.dataset;
  const { manifest, deks } = await openOwnDataset(context, own);
  try {
    for (const { index, version, cid, entry } of manifest.segments) {
      const ids = { datasetId, segment: index, keyEpoch, version, dek: deks.get(index) ?? new Uint8Array() };
      const { name, schema } = await openManifestEntry(entry, ids);
      yield { name, schema, bytes: await collectBytes(decryptEnvelope(context.store.get(cid), ids)) };
    }
  } finally {
    zeroise(...deks.values());
  }
}
