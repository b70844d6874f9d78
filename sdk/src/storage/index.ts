export { type BlobStore, type CallOptions, MAX_BLOCK_BYTES } from "./blobStore.ts";
export { type BlockMedium, createBlobStore } from "./blockStore.ts";
export { type ByteSource, collectBytes } from "./byteStream.ts";
export { decodeCbor, encodeCbor } from "./cbor.ts";
export { type BlockCodec, cidOfDigest, digestOfCid, parseCid } from "./cid.ts";
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
  ENVELOPE_CHUNK_BYTES,
  ENVELOPE_HEADER_BYTES,
  type EnvelopeHeader,
  type EnvelopeIds,
  encryptEnvelope,
  encryptEnvelopeBytes,
  envelopeSize,
  parseEnvelopeHeader,
  readEnvelopeRange,
} from "./envelope.ts";
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
export { makeKeyBox } from "./makeKeyBox.ts";
export {
  decodeManifest,
  encodeManifest,
  MAX_MANIFEST_BYTES,
  type Manifest,
  type ManifestSegment,
  type Provenance,
  provenanceLevels,
} from "./manifest.ts";
export { type ManifestEntry, type ManifestEntryIds, openManifestEntry, sealManifestEntry } from "./manifestEntry.ts";
export { combineShares, openOwnerDeks, openShare, verifyShare } from "./openKeyBox.ts";
export { loadOwnerBackup, MAX_BACKUP_BYTES, storeOwnerBackup } from "./ownerBackup.ts";
export { createPasskey, type Passkey, type PasskeyAuthenticator } from "./passkey.ts";
export { makeRecoveryKit, openRecoveryKit, parseRecoveryKit, type RecoveryKit } from "./recoveryKit.ts";
export { MAX_SEGMENTS } from "./schemas.ts";
export { sealShare } from "./sealShare.ts";
export { unixfsParameters } from "./unixfs.ts";
