/** What a dApp needs. Each layer has more under its own subpath: `/storage`, `/ingest`, `/access`, `/compute`, `/contracts`. */
export {
  type Dataset,
  decodeGrantPackage,
  encodeGrantPackage,
  type GrantPackage,
  type GrantParameters,
} from "./access/index.ts";
export {
  type AccessRequest,
  accessRequestTypedData,
  decodeAccessRequest,
  encodeAccessRequest,
} from "./actions/accessRequest.ts";
export { type GrantOfRequest, type GrantRequest, secondsOf } from "./actions/grantRequest.ts";
export type { DatasetSource, ImportDatasetProgress, ImportedDataset } from "./actions/importDataset.ts";
export type { Job, JobResult, SubmitRequest } from "./actions/jobs.ts";
export type { Provenance } from "./actions/provenance.ts";
export type { AccessParameters, ShownAccessRequest } from "./actions/requestAccess.ts";
export {
  createPersonaClient,
  type PersonaActions,
  type PersonaClient,
  type PersonaContext,
  type PersonaOptions,
  personaActions,
} from "./client.ts";
export {
  type ArgsOf,
  type BuiltJob,
  decodeReceiptProof,
  defineProgram,
  encodeProgram,
  encodeReceiptProof,
  grantedProgramOf,
  type JobEnd,
  type JobRequest,
  outputClassOf,
  outputSchemaHashOf,
  type Program,
  type ProgramArgs,
  type ReceiptProof,
  type ResultOf,
  type ResultRow,
  verifyReceiptOffline,
} from "./compute/index.ts";
export type { ChainClient, ContractCall, Deployment, NodePolicy, Receipt, Scope, Terms } from "./contracts/index.ts";
export { type ErrorCode, isPersonaError, PersonaError, printable } from "./errors/index.ts";
export type { BlobStore } from "./storage/index.ts";
