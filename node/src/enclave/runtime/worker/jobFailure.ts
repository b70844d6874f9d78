import { type FailureName, failureCodes } from "@persona-protocol/sdk/compute";
import { isPersonaError } from "@persona-protocol/sdk/errors";

/**
 * Turns what went wrong into a receipt's failure code. The closed set holds codes for before and after a share was opened;
 * after it, nothing may claim to have happened before: that would hand uses back for data already read.
 */
export function failureCodeOf(error: unknown, opened: boolean): number {
  const name = nameOf(error);
  const code = failureCodes[name];
  const saysBefore = code <= 15 || (code >= 32 && code <= 47);
  return opened && saysBefore ? failureCodes.ENCLAVE_FAILED : code;
}

function nameOf(error: unknown): FailureName {
  if (!isPersonaError(error)) return "ENCLAVE_FAILED";
  if (Object.hasOwn(failureCodes, error.code)) return error.code as FailureName;
  switch (error.code) {
    case "ENVELOPE_INVALID":
    case "KEY_COMMITMENT_MISMATCH":
    case "MANIFEST_INVALID":
    case "KEYBOX_INVALID":
      return "DATA_INVALID";
    case "ARGS_NOT_GRANTED":
      return "PROGRAM_INVALID";
    case "SHARES_INSUFFICIENT":
      return "GUARDIANS_UNAVAILABLE";
    case "BLOB_NOT_FOUND":
    case "STORE_FAILED":
      return "HOST_DID_NOT_DELIVER";
    default:
      return "ENCLAVE_FAILED";
  }
}
