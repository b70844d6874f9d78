export { checkScope, type ScopeCheck } from "./checkScope.ts";
export { buildGrant, type GrantParameters, grant, grantHash, revoke, revokeAll, signGrant } from "./createGrant.ts";
export { type Deposit, decodeDeposit, depositBodyHash, encodeDeposit, maxDepositBytes } from "./depositMessages.ts";
export { decodeGrantPackage, encodeGrantPackage, type GrantPackage } from "./grantPackage.ts";
export { getFromGuardian, postToGuardian } from "./guardianHttp.ts";
export {
  createGuardianRelease,
  type KeyReleaseAnswer,
  type KeyReleaseProvider,
  type KeyReleaseRequest,
  type OpenedInput,
} from "./keyReleaseProvider.ts";
export { type Dataset, publishDataset, type SegmentInput } from "./publishDataset.ts";
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
export { type Guardian, resolveGuardians } from "./resolveGuardians.ts";
export { segmentBitmap, segmentIndexes } from "./segments.ts";
