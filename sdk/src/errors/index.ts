export { type ErrorCode, type ErrorEntry, errorTable, type SourceErrorCode } from "./errorTable.ts";
export {
  AllowanceMissingError,
  ChainWrongError,
  DatasetErasedError,
  GasInsufficientError,
  GrantExhaustedError,
  GuardiansUnavailableError,
  isErrorCode,
  isPersonaError,
  PersonaError,
  type PersonaErrorOptions,
  ReceiptInvalidError,
  SignatureRejectedError,
  TokensInsufficientError,
} from "./PersonaError.ts";
export { printable } from "./printable.ts";
export { codeOfReason, reasonOfCode } from "./reasons.ts";
export { knowSourceErrors, sourceError } from "./sourceErrors.ts";
