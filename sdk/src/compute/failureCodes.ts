import type { ErrorCode } from "../errors/index.ts";

/**
 * The closed set of failure codes a receipt can carry. The range says what the contract does with it
 * (docs/protocol.md 5.5): 1–15 proved, before release · 16–31 proved, after release · 32–47 unproved, before release ·
 * 48–63 unproved, after release.
 */
export const failureCodes = {
  GUARDIANS_REFUSED: 1,
  PROGRAM_INVALID: 2,
  BUNDLE_INVALID: 3,
  MANIFEST_INVALID: 4,
  KEYBOX_INVALID: 5,
  PROVENANCE_TOO_LOW: 6,
  DATA_TOO_OLD: 7,
  PROGRAM_FAILED: 16,
  LIMIT_EXCEEDED: 17,
  OUTPUT_TOO_LARGE: 18,
  OUTPUT_POLICY_VIOLATED: 19,
  DATA_INVALID: 20,
  HOST_DID_NOT_DELIVER: 32,
  GUARDIANS_UNAVAILABLE: 33,
  DIGEST_MISMATCH: 34,
  INTERNAL: 35,
  ENCLAVE_FAILED: 48,
  // Unproved on purpose: a host that starves the program could otherwise be paid for not running it.
  TIME_LIMIT_EXCEEDED: 49,
} as const satisfies Partial<Record<ErrorCode, number>>;

export type FailureName = keyof typeof failureCodes;

/** The name of a receipt's failure code; undefined for 0 and for codes outside the closed set. */
export function failureName(code: number): FailureName | undefined {
  return (Object.keys(failureCodes) as FailureName[]).find((name) => failureCodes[name] === code);
}

/** May uses and prices come back after this failure? Only where no share had been opened. */
export const isBeforeRelease = (code: number): boolean => (code >= 1 && code <= 15) || (code >= 32 && code <= 47);
