export {
  type BlobPins,
  type BlobReader,
  type BlobStore,
  type BlobWriter,
  type CallOptions,
  MAX_BLOCK_BYTES,
  readerOf,
} from "./blobStore.ts";
export { type BlockMedium, createBlobReader, createBlobStore, type ReadMedium } from "./blockStore.ts";
export { type ByteSource, collectBytes } from "./byteStream.ts";
export { type CarBlock, carHeader, carSectionHead } from "./car.ts";
export { decodeCbor, encodeCbor, hasMoreItems } from "./cbor.ts";
export { type CheckResult, checkStores, type RepairResult, repairStores, type StoreCheck } from "./checkStores.ts";
export { type BlockCodec, cidOfDigest, digestOfCid, parseCid } from "./cid.ts";
export { type ConfirmingStore, confirmStored } from "./confirmStored.ts";
export { type DagLink, dagLinks } from "./dagLinks.ts";
export {
  catalogueCommitment,
  catalogueHash,
  type DatasetHead,
  datasetHeadHash,
  guardianSetHash,
} from "./datasetHead.ts";
export {
  decryptEnvelope,
  decryptEnvelopeBytes,
  encryptEnvelope,
  encryptEnvelopeBytes,
  readEnvelopeRange,
} from "./envelope.ts";
export {
  ENVELOPE_CHUNK_BYTES,
  ENVELOPE_HEADER_BYTES,
  type EnvelopeHeader,
  type EnvelopeIds,
  type EnvelopePadding,
  envelopeSize,
  openHeader,
  parseEnvelopeHeader,
} from "./envelopeHeader.ts";
export {
  type DatasetVersions,
  type GarbagePlan,
  type HeadObjects,
  planGarbage,
  unpinGarbage,
} from "./garbage.ts";
export { createGatewayReader } from "./gatewayReader.ts";
export { createHttpStore } from "./httpStore.ts";
export {
  bodyForGuardian,
  bodyForOwner,
  decodeKeyBoxBody,
  decodeKeyBoxHead,
  encodeKeyBoxBody,
  encodeKeyBoxHead,
  type KeyBoxBody,
  type KeyBoxHead,
  MAX_KEY_BOX_BODY_BYTES,
  MAX_KEY_BOX_HEAD_BYTES,
  type SealedDek,
  type SealedShare,
  SHARE_BYTES,
  verifyKeyBoxHead,
} from "./keyBox.ts";
export {
  type ChainContext,
  dekCommitment,
  keyBoxOwnerInfo,
  keyBoxShareInfo,
  shareCommitment,
} from "./keyBoxBinding.ts";
export {
  defaultKeystoreKdf,
  generateOwnerRootKey,
  type Keystore,
  type KeystoreKdf,
  type KeystoreKind,
  type OpenedKeystore,
  openKeystore,
  openPasskeyKeystore,
  ownerKemKeyPair,
  parseKeystore,
  sealKeystore,
  sealPasskeyKeystore,
} from "./keystore.ts";
export { readLinkedManifests } from "./linkedVersions.ts";
export { makeKeyBox } from "./makeKeyBox.ts";
export {
  decodeManifest,
  encodeManifest,
  MAX_MANIFEST_BYTES,
  type Manifest,
  type ManifestSegment,
} from "./manifest.ts";
export {
  fileOrigin,
  type ManifestEntry,
  type ManifestEntryIds,
  openManifestEntry,
  type SegmentOrigin,
  sealManifestEntry,
} from "./manifestEntry.ts";
export { requireManifestHistory } from "./manifestHistory.ts";
export { requireManifestSuccessor } from "./manifestSuccessor.ts";
export { combineShares, openOwnerDeks, openShare, verifyShare } from "./openKeyBox.ts";
export { loadOwnerBackup, MAX_BACKUP_BYTES, storeOwnerBackup } from "./ownerBackup.ts";
export { padmeLength } from "./padmeLength.ts";
export { createPasskey, type Passkey, type PasskeyAuthenticator } from "./passkey.ts";
export { meetsProvenance, type Provenance, provenanceLevels } from "./provenanceLevels.ts";
export { makeRecoveryKit, openRecoveryKit, parseRecoveryKit, type RecoveryKit } from "./recoveryKit.ts";
export { createReplicatedStore, type ReplicatedStore } from "./replicatedStore.ts";
export { MAX_SEGMENTS } from "./schemas.ts";
export { sealShare } from "./sealShare.ts";
export { readSegmentRange } from "./segmentRange.ts";
export { type StoreFailureKind, storeFailureKind } from "./storeFailure.ts";
export type { NamedStore, StoreReport, StoreStatus } from "./storeReport.ts";
export { type SweepMedium, type SweepResult, sweepBlocks } from "./sweep.ts";
export { unixfsParameters } from "./unixfs.ts";
export { type BytesTransform, bytesOfStream, decryptionStream, encryptionStream, streamOfBytes } from "./webStreams.ts";
