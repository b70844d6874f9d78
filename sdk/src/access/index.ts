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
export type { Fetch } from "./fetchDomainFile.ts";
export { decodeGrantPackage, encodeGrantPackage, type GrantPackage } from "./grantPackage.ts";
export { getFromGuardian, postToGuardian } from "./guardianHttp.ts";
export {
  createGuardianRelease,
  type KeyReleaseAnswer,
  type KeyReleaseProvider,
  type KeyReleaseRequest,
  type OpenedInput,
} from "./keyReleaseProvider.ts";
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
export { type Dataset, publishDataset, type SegmentInput } from "./publishDataset.ts";
export { readDatasetVersions } from "./readDatasetVersions.ts";
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
export { replaceGuardians } from "./replaceGuardians.ts";
export { type Guardian, resolveGuardians } from "./resolveGuardians.ts";
export { segmentBitmap, segmentIndexes } from "./segments.ts";
