import { type Hex, keccak256 } from "viem";
import { grantHashOf, jobSpecHashOf } from "../contracts/coreTypedData.ts";
import type { Deployment } from "../contracts/deployment.ts";
import type { JobParams } from "../contracts/structs.ts";
import { concatBytes } from "../crypto/index.ts";
import { type ErrorCode, PersonaError } from "../errors/index.ts";
import { catalogueHash } from "../storage/datasetHead.ts";
import { checkScope } from "./checkScope.ts";
import type { OpenedInput } from "./keyReleaseProvider.ts";

/**
 * Refuses an input whose private rules have not been shown, or do not allow this job. For keepers that cannot open a bundle,
 * as guardians do: what this function does not check on the caller's own machine, nobody checks.
 *
 * @throws SCOPE_MISMATCH when there is no Scope, or another than the grant commits to.
 * @throws INPUT_UNKNOWN, GRANT_UNKNOWN, JOB_SPEC_MISMATCH when what is shown is not this job's.
 * @throws PROGRAM_NOT_GRANTED, SEGMENT_NOT_GRANTED, ARGS_NOT_GRANTED, OUTPUT_NOT_GRANTED, VERSION_NOT_GRANTED
 */
export function checkOpened(
  deployment: Deployment,
  { jobId, params: { order } }: { readonly jobId: Hex; readonly params: JobParams },
  index: number,
  opened: OpenedInput | undefined,
): void {
  if (opened?.scope === undefined) {
    throw new PersonaError("SCOPE_MISMATCH", "The grant's Scope is private, and has not been shown.");
  }
  const { terms, scope, spec, args, argsSalt, catalogue } = opened;
  const input = spec.inputs[index];
  const posted = order.inputs[index];
  const refuse = (code: ErrorCode, message: string): PersonaError =>
    new PersonaError(code, message, { data: { datasetId: terms.datasetId, input: index } });

  if (input === undefined || posted === undefined) throw refuse("INPUT_UNKNOWN", "The job has no such input.");
  if (spec.jobId !== jobId || jobSpecHashOf(deployment, spec) !== order.specHash) {
    throw refuse("JOB_SPEC_MISMATCH", "The spec that was shown is not the one on chain.");
  }
  if (keccak256(concatBytes(argsSalt, args)) !== spec.argsCommitment) {
    throw refuse("JOB_SPEC_MISMATCH", "The arguments that were shown are not those the job commits to.");
  }
  const grantHash = grantHashOf(deployment, terms);
  if (grantHash !== posted.grantHash || grantHash !== input.grantHash || terms.datasetId !== input.datasetId) {
    throw refuse("GRANT_UNKNOWN", "The grant that was shown is not the one the job names.");
  }
  const catalogueHashAt = (length: number): Hex | undefined =>
    length <= catalogue.length ? catalogueHash(catalogue.slice(0, length)) : undefined;
  // Whose data it is the chain says, and not who asks.
  const owners = new Set(order.inputs.map(({ owner }) => owner)).size;
  const objection = checkScope({ terms, scope, spec, input, catalogueHashAt, args, owners });
  if (objection !== undefined) throw refuse(objection, "The grant does not allow this job.");
}
