import { type ErrorCode, isPersonaError, type PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";

/** Runs `work`, which must fail with a PersonaError of this code, and gives the error for further questions. */
export async function expectError(code: ErrorCode, work: () => unknown): Promise<PersonaError> {
  let result: unknown;
  try {
    result = await work();
  } catch (error) {
    if (!isPersonaError(error)) throw error;
    expect(error.code, error.message).to.equal(code);
    return error;
  }
  throw new Error(`expected ${code}, but it succeeded with ${String(result).slice(0, 100)}`);
}
