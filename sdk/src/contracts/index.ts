export { decodeStruct, encodeStruct, jobOfferHashOf, jobOrderHashOf, jobParamsHashOf } from "./abiStructs.ts";
export * from "./abis.ts";
export { createAgreeingNodeView } from "./agreeingNodes.ts";
export { type ChainClient, type CoreClient, callContract } from "./callContract.ts";
export { type ChainView, createChainView, type DatasetState, type JobChainState } from "./chainView.ts";
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
export * from "./coreAbis.ts";
export { grantHashOf, jobSpecHashOf, receiptDigestOf, scopeHashOf } from "./coreTypedData.ts";
export type { Deployment, KnownDeployment } from "./deployment.ts";
export { deployments } from "./deployments.ts";
export { datasetIdOf, jobIdOf } from "./ids.ts";
export { type JobStatus, jobStatus } from "./jobStatus.ts";
export {
  type ChainBlock,
  createNodeView,
  type EnclaveKeyState,
  keyOpens,
  type NodeState,
  type NodeView,
} from "./nodeView.ts";
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
  type KeyBoxDeposit,
  type Refusal,
  type Release,
  type ReleaseRequest,
  typedData,
} from "./typedData.ts";
export { typedDigest } from "./typedDigest.ts";
