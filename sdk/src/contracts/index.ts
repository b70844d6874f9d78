export { decodeStruct, encodeStruct, jobOfferHashOf, jobOrderHashOf, jobParamsHashOf } from "./abiStructs.ts";
export * from "./abis.ts";
export { type ChainClient, callContract } from "./callContract.ts";
export {
  type ChainBlock,
  type ChainView,
  createChainView,
  type DatasetState,
  type EnclaveKeyState,
  type JobChainState,
  type JobStatus,
  jobStatus,
  type NodeState,
} from "./chainView.ts";
export {
  type ContractCall,
  contractCall,
  type SentCalls,
  sendCall,
  sendCalls,
  simulateCall,
  waitForCall,
} from "./contractCall.ts";
export { contractSignatureCall } from "./contractSignature.ts";
export type { Deployment, KnownDeployment } from "./deployment.ts";
export { deployments } from "./deployments.ts";
export { datasetIdOf, jobIdOf } from "./ids.ts";
export { explainChainError } from "./revert.ts";
export {
  backupSlot,
  type CustodySlot,
  custodySlots,
  type DatasetSlot,
  datasetSlots,
  decodeAddressSlot,
  decodeCustodySlot,
  decodeDatasetSlot,
  decodeEnclaveKeySlot,
  decodeGrantSlot,
  decodeJobSlot,
  decodeMeasurementSlot,
  decodeNodeSlot,
  decodeRecoverySlot,
  decodeString,
  type EnclaveKeySlot,
  enclaveKeySlots,
  type GrantSlot,
  grantSlot,
  type JobSlot,
  jobSlots,
  longStringSlots,
  type MeasurementSlot,
  measurementSlot,
  type NodeSlot,
  nodeSlots,
  ownerEpochSlot,
  type RecoverySlot,
  recoverySlots,
} from "./storageSlots.ts";
export {
  ArgsRule,
  type EnclaveBinding,
  GrantKind,
  type InputSpec,
  type JobInput,
  type JobOffer,
  type JobOrder,
  type JobParams,
  type JobSpec,
  KeyClass,
  type NodePolicy,
  OutputClass,
  type Receipt,
  type Scope,
  type Terms,
  Vendor,
  VerifierKind,
  VersionRule,
} from "./structs.ts";
export {
  enclaveBindingHashOf,
  grantHashOf,
  jobSpecHashOf,
  type KeyBoxDeposit,
  type Refusal,
  type Release,
  type ReleaseRequest,
  receiptDigestOf,
  scopeHashOf,
  typedData,
} from "./typedData.ts";
export { typedDigest } from "./typedDigest.ts";
