export { type BuiltJob, buildJob, defaultOutputBytes, type JobRequest } from "./buildJob.ts";
export { cancelJobCall, timeOutJobCall, withdrawCall } from "./endCalls.ts";
export { balanceOf, cancelJob, timeOutJob, withdraw } from "./endJob.ts";
export { type FailureName, failureCodes, failureName, isBeforeRelease } from "./failureCodes.ts";
export { findCiphertext } from "./findCiphertext.ts";
export {
  argsCommitmentOf,
  type BundleInput,
  type JobBundle,
  maxBundleBytes,
  type SealedBundle,
  sealJobBundle,
} from "./jobBundle.ts";
export { approveCall, costOf, feeWithin, submitCall } from "./jobCalls.ts";
export { type JsonSchema, type JsonValue, schemaViolation } from "./jsonSchema.ts";
export { checkGuardianLists, decodeSealedBundle, openBundleKey, openJobBundle } from "./openJobBundle.ts";
export {
  checkResult,
  decodeArgs,
  decodeProgram,
  decodeResult,
  encodeArgs,
  encodeProgram,
  encodeResult,
  grantedProgramOf,
  type InlineProgram,
  maxProgramBytes,
  outputClassOf,
  outputSchemaHashOf,
  type Program,
  type ProgramArgs,
  programIdOf,
  type ResultRow,
} from "./program.ts";
export { codeDigestOf, decodeCode, encodeCode, maxCodeBytes, type ProgramManifest } from "./programManifest.ts";
export { readDeks } from "./readDeks.ts";
export { type JobEnd, readResult, verifyReceipt, waitForJob } from "./readResult.ts";
export {
  decodeReceiptProof,
  encodeReceiptProof,
  type OfflineVerdict,
  type ReceiptProof,
  receiptProofOf,
  verifyReceiptOffline,
} from "./receiptProof.ts";
export { type ReadRequest, requestRead } from "./requestRead.ts";
export { openResult, RESULT_SEAL_BYTES, type SealedResult, sealedResultBytes, sealResult } from "./sealedResult.ts";
export { postedParams, prepareJob, sendJob, storeJob, submitJob } from "./submitJob.ts";
export { type ArgsOf, defineProgram, type ResultOf, type ValueOf } from "./typedProgram.ts";
export { delayPerBlock, negativeLog, type RaceEntry, raceDelay } from "./weightedRace.ts";
