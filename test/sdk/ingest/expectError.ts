import { expect } from "chai";
import { type ErrorCode, PersonaError } from "../../../sdk/src/errors/index.ts";

/** The PersonaError that `work` must end with; its code is asserted, and that it shows no stack of another error. */
export async function expectError(code: ErrorCode, work: () => Promise<unknown>): Promise<PersonaError> {
  let thrown: unknown;
  try {
    await work();
  } catch (error) {
    thrown = error;
  }
  expect(thrown, `no ${code} was thrown`).to.be.instanceOf(PersonaError);
  const error = thrown as PersonaError;
  expect(error.code, error.message).to.equal(code);
  return error;
}
