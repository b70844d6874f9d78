export { type ErrorCode, type ErrorEntry, errorTable } from "./errorTable.ts";
export { isPersonaError, PersonaError, type PersonaErrorOptions } from "./PersonaError.ts";
export { printable } from "./printable.ts";
export { codeOfReason, reasonOfCode } from "./reasons.ts";
