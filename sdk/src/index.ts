/** What a dApp needs. Each layer has more under its own subpath: `/storage`, `/ingest`, `/access`, `/compute`, `/contracts`. */
export {
  type Dataset,
  decodeGrantPackage,
  encodeGrantPackage,
  type GrantPackage,
  type GrantParameters,
} from "./access/index.ts";
export {
  createPersonaClient,
  type PersonaActions,
  type PersonaClient,
  type PersonaContext,
  personaActions,
} from "./client.ts";
export {
  type BuiltJob,
  encodeProgram,
  type JobEnd,
  type JobRequest,
  outputSchemaHashOf,
  type Program,
  type ProgramArgs,
  type ResultRow,
} from "./compute/index.ts";
export type { ChainClient, Deployment, NodePolicy, Receipt, Scope, Terms } from "./contracts/index.ts";
export { type ErrorCode, isPersonaError, PersonaError } from "./errors/index.ts";
export type { BlobStore } from "./storage/index.ts";
