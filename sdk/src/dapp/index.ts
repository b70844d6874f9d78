/** What a page loads that asks owners for access and reads results; the rest of the SDK is at its root. */
export { decodeGrantPackage, encodeGrantPackage, type GrantPackage } from "../access/grantPackage.ts";
export type { Job, JobResult, SubmitRequest } from "../actions/jobs.ts";
export type { AccessParameters } from "../actions/requestAccess.ts";
export type { ProgramArgs, ResultRow } from "../compute/program.ts";
export { encodeProgram, type Program } from "../compute/program.ts";
export { type ArgsOf, defineProgram, type ResultOf } from "../compute/typedProgram.ts";
export type { CoreClient, Deployment, Receipt } from "../contracts/index.ts";
export { isPersonaError, PersonaError, printable } from "../errors/index.ts";
export { createDappClient, type DappActions, type DappClient, type DappOptions } from "./createDappClient.ts";
