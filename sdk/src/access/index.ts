export { checkScope, type ScopeCheck } from "./checkScope.ts";
export { type Deposit, decodeDeposit, depositBodyHash, encodeDeposit, maxDepositBytes } from "./depositMessages.ts";
export { getFromGuardian, postToGuardian } from "./guardianHttp.ts";
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
export { segmentBitmap, segmentIndexes } from "./segments.ts";
