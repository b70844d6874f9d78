import { errorFacts } from "./errorFacts.ts";
import type { SourceErrorCode } from "./errorTable.ts";
import { PersonaError, type PersonaErrorOptions } from "./PersonaError.ts";
import { sourceFacts } from "./sourceFacts.ts";

/** Lets errors of live accounts be made, and read when others send them. Whoever can meet them calls it first. */
export function knowSourceErrors(): void {
  Object.assign(errorFacts, sourceFacts);
}

/** An error of a live account. */
export function sourceError(code: SourceErrorCode, shortMessage: string, options?: PersonaErrorOptions): PersonaError {
  knowSourceErrors();
  return new PersonaError(code, shortMessage, options);
}
