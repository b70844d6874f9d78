import {
  AllowanceMissingError,
  ChainWrongError,
  DatasetErasedError,
  type ErrorCode,
  GasInsufficientError,
  GrantExhaustedError,
  GuardiansUnavailableError,
  isPersonaError,
  type PersonaError,
  ReceiptInvalidError,
  SignatureRejectedError,
  TokensInsufficientError,
} from "@persona-protocol/sdk/errors";
import { expect } from "chai";

/** Errors with a class of their own. */
export const errorClasses = {
  CHAIN_WRONG: ChainWrongError,
  SIGNATURE_REJECTED: SignatureRejectedError,
  GAS_INSUFFICIENT: GasInsufficientError,
  TOKENS_INSUFFICIENT: TokensInsufficientError,
  ALLOWANCE_MISSING: AllowanceMissingError,
  DATASET_ERASED: DatasetErasedError,
  GRANT_EXHAUSTED: GrantExhaustedError,
  GUARDIANS_UNAVAILABLE: GuardiansUnavailableError,
  RECEIPT_INVALID: ReceiptInvalidError,
} as const;

/** Runs `work`, which must fail with a PersonaError of this code, and gives the error for further questions. */
export async function expectError(code: ErrorCode, work: () => unknown): Promise<PersonaError> {
  let result: unknown;
  try {
    result = await work();
  } catch (error) {
    if (!isPersonaError(error)) throw error;
    expect(error.code, error.message).to.equal(code);
    const own = code in errorClasses ? errorClasses[code as keyof typeof errorClasses] : undefined;
    if (own !== undefined) expect(error).to.be.instanceOf(own);
    return error;
  }
  throw new Error(`expected ${code}, but it succeeded with ${String(result).slice(0, 100)}`);
}
