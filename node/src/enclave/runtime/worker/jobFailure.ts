import { type FailureName, failureCodes, isBeforeRelease } from "@persona-protocol/sdk/compute";
import { isPersonaError } from "@persona-protocol/sdk/errors";

/**
 * Turns what went wrong into a receipt's failure code. After a share was opened nothing may claim to have happened before: that
 * would hand uses back for data already read. Before it nothing may claim to have happened after: that would pay an owner for
 * data that nobody could read.
 */
export function failureCodeOf(error: unknown, opened: boolean): number {
  const code = failureCodes[nameOf(error, opened)];
  if (isBeforeRelease(code) !== opened) return code;
  return opened ? failureCodes.ENCLAVE_FAILED : failureCodes.INTERNAL;
}

function nameOf(error: unknown, opened: boolean): FailureName {
  if (!isPersonaError(error)) return opened ? "ENCLAVE_FAILED" : "INTERNAL";
  switch (error.code) {
    case "DATA_INVALID":
    case "MANIFEST_INVALID":
    case "ENVELOPE_INVALID":
    case "KEY_COMMITMENT_MISMATCH":
      return opened ? "DATA_INVALID" : "MANIFEST_INVALID";
    case "KEYBOX_INVALID":
    case "GUARDIAN_SET_MISMATCH":
      return opened ? "DATA_INVALID" : "KEYBOX_INVALID";
    case "PROGRAM_INVALID":
      // What a sandbox finds wrong with a program is found after a release: proved all the same.
      return opened ? "PROGRAM_FAILED" : "PROGRAM_INVALID";
    case "ARGS_NOT_GRANTED":
      return "PROGRAM_INVALID";
    case "SHARES_INSUFFICIENT":
      return "GUARDIANS_UNAVAILABLE";
    case "BLOB_NOT_FOUND":
    case "STORE_FAILED":
      return "HOST_DID_NOT_DELIVER";
    default:
      return Object.hasOwn(failureCodes, error.code) ? (error.code as FailureName) : "INTERNAL";
  }
}
