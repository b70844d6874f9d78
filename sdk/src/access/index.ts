export {
  attestDomain,
  checkDomainFile,
  type DomainEvidence,
  type SignedDomainProof,
  submitDomainProof,
} from "./appDomain.ts";
export { type AppOfAccount, appOfAccount } from "./appOfAccount.ts";
export {
  type AppConsent,
  type AppDeployment,
  type AppDomain,
  appIdOf,
  appTypedData,
  type DomainProof,
} from "./appTypedData.ts";
export { checkReadScope } from "./checkReadScope.ts";
export { checkScope, type ScopeCheck } from "./checkScope.ts";
export { buildGrant, type GrantParameters, grant, grantHash, revoke, revokeAll, signGrant } from "./createGrant.ts";
export { type Deposit, decodeDeposit, depositBodyHash, encodeDeposit, maxDepositBytes } from "./depositMessages.ts";
export {
  buildDomainFile,
  type DomainFile,
  type DomainFileApp,
  decodeDomainFile,
  domainFilePath,
  encodeDomainFile,
  maxDomainFileBytes,
} from "./domainFile.ts";
export { extendDataset } from "./extendDataset.ts";
export { type AccessLogOfDataset, fetchAccessLog, type ProvedEntry, verifyLogHead } from "./fetchAccessLog.ts";
export type { Fetch } from "./fetchDomainFile.ts";
export { findOmitted, type OmissionCheck, type ReceiptReleases } from "./findOmitted.ts";
export { type FreshOptions, freshVersions, type StaleVersion } from "./freshVersions.ts";
export {
  acceptDatasetCall,
  concludeErasureCall,
  eraseDatasetCall,
  grantCall,
  offerDatasetCall,
  restoreDatasetCall,
  revokeAllCall,
  revokeCall,
} from "./grantCalls.ts";
export { decodeGrantPackage, encodeGrantPackage, type GrantPackage } from "./grantPackage.ts";
export { grantRead, type ReadGrantParameters } from "./grantRead.ts";
export { getFromGuardian, postToGuardian } from "./guardianHttp.ts";
export {
  createGuardianRelease,
  type KeyReleaseAnswer,
  type KeyReleaseProvider,
  type KeyReleaseRequest,
  type OpenedInput,
} from "./keyReleaseProvider.ts";
export {
  decodeLogEntry,
  decodeLogPage,
  decodeLogQuery,
  decodeSignedLogHead,
  encodeLogEntry,
  encodeLogPage,
  encodeLogQuery,
  encodeSignedLogHead,
  type LogLine,
  type LogPage,
  maxLogEntries,
  maxLogPageBytes,
  type SignedLogHead,
  type SignedLogQuery,
} from "./logMessages.ts";
export {
  type LogEntry,
  type LogEntryKind,
  type LogHead,
  type LogQuery,
  logHeadHash,
  logTypedData,
} from "./logTypedData.ts";
export { createMemoryKeyRelease, type MemoryKeyRelease } from "./memoryKeyRelease.ts";
export {
  appendLeaf,
  consistencyProof,
  emptyFrontier,
  emptyRoot,
  type Frontier,
  inclusionProof,
  isFrontier,
  leafHash,
  type ReadNode,
  rootAt,
  rootOf,
  type TreeHead,
  verifyConsistency,
  verifyInclusion,
} from "./merkleLog.ts";
export { openOwnDataset, readOwnSegments } from "./openOwnDataset.ts";
export {
  backupOf,
  type Custody,
  cancelCustody,
  concludeCustody,
  custodyOf,
  type RecoveryChain,
  type RecoveryPlanOnChain,
  type RecoveryRequest,
  readRecovery,
  recoveryLifetime,
  requestRecovery,
  requireRipeRecovery,
  sendRecoveryVeto,
  setBackup,
  setCustody,
  signRecoveryVeto,
  takeOverDataset,
  vetoRecovery,
} from "./ownerKeys.ts";
export { datasetsOf, grantsOf, type OwnedDataset, type OwnedGrant } from "./ownerLists.ts";
export { publishAsWriter, type WrittenSegment } from "./publishAsWriter.ts";
export { type Dataset, publishDataset, type SegmentInput } from "./publishDataset.ts";
export { readDatasetVersions } from "./readDatasetVersions.ts";
export { type DatasetPublication, readPublications } from "./readPublications.ts";
export { findInputReleases, inputReleasesHash, releasesHashOf } from "./receiptReleases.ts";
export {
  answerRecovery,
  checkRecoveryPacket,
  decodeRecoveryAnswer,
  finishRecovery,
  type RecoveryAnswer,
} from "./recoveryAnswer.ts";
export {
  decodeRecoveryPacket,
  decodeRecoveryPlan,
  makeRecoveryPlan,
  planOnChain,
  type RecoveryPacket,
  type RecoveryPlan,
  recoveryPlanHash,
} from "./recoveryPlan.ts";
export {
  type OwnerKeysDeployment,
  type RecoveryAnswerMessage,
  type RecoveryVeto,
  recoveryTypedData,
} from "./recoveryTypedData.ts";
export { type AppParameters, registerAppCall } from "./registerApp.ts";
export {
  decodeReleaseAnswer,
  decodeReleaseCall,
  encodeReleaseAnswer,
  encodeReleaseCall,
  maxReleaseAnswerBytes,
  maxReleaseCallBytes,
  type ReleaseAnswer,
  type ReleaseCall,
  type ReleasedKeys,
  releaseBundleInfo,
  releaseShareInfo,
  sealedHashOf,
} from "./releaseMessages.ts";
export { renewKeys } from "./renewKeys.ts";
export { replaceGuardians } from "./replaceGuardians.ts";
export type { ReleasableView } from "./requireReleasable.ts";
export { type Guardian, resolveGuardians } from "./resolveGuardians.ts";
export {
  decodeRevocation,
  encodeRevocation,
  maxRevocationBytes,
  type Revocation,
  verifyRevocation,
} from "./revocationMessages.ts";
export { revokeAtGuardians } from "./revokeAtGuardians.ts";
export type { RootKeyHolders } from "./rootKeyHolders.ts";
export { segmentBitmap, segmentIndexes } from "./segments.ts";
export { type SettledJob, settledJobs } from "./settledJobs.ts";
export { type ReaderGrant, type Readers, whoCanRead } from "./whoCanRead.ts";
export { type WriterId, type WriterPublication, writerTypedData } from "./writerTypedData.ts";
