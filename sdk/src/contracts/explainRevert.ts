import { decodeErrorResult, type Hex } from "viem";
import { codeOfReason, type ErrorCode, PersonaError } from "../errors/index.ts";
// An error may come from a contract further down than the one that was called: all of them.
import { contractErrorsAbi } from "./contractErrors.ts";

/** Custom errors of the contracts whose meaning is a code of the error table; the rest is TRANSACTION_REVERTED. */
const codeByError: Readonly<Record<string, ErrorCode>> = {
  GrantAlreadyRevoked: "GRANT_REVOKED",
  GrantOwnerEpochStale: "GRANT_REVOKED",
  GrantKeyEpochStale: "KEY_EPOCH_OLD",
  GrantAlreadyExpired: "GRANT_EXPIRED",
  GrantDatasetNotActive: "DATASET_ERASED",
  GrantDatasetNotOwned: "OWNER_MISMATCH",
  AppNotActive: "APP_UNKNOWN",
  JobOutlivesGrant: "GRANT_EXPIRED",
  JobNotOpen: "JOB_NOT_CLAIMABLE",
  ClaimTooLate: "JOB_NOT_CLAIMABLE",
  ClaimNodeExcluded: "JOB_NOT_CLAIMABLE",
  ClaimNodeNotNamed: "JOB_NOT_CLAIMABLE",
  ClaimPolicyMismatched: "NODE_POLICY_MISMATCH",
  ClaimKeyExpired: "NODE_KEY_EXPIRED",
  ClaimKeyNotActive: "NODE_KEY_INACTIVE",
  ClaimMeasurementBanned: "MEASUREMENT_BANNED",
  ClaimTooEarly: "CLAIM_TOO_EARLY",
  ClaimBondMissing: "CLAIM_BOND_MISSING",
  ClaimsArePaused: "CLAIMS_PAUSED",
  EnclaveKeyNotUsable: "NODE_KEY_INACTIVE",
  JobNotClaimed: "JOB_NOT_CLAIMED",
  JobDeadlinePassed: "JOB_DEADLINE_PASSED",
  JobParamsMismatched: "JOB_PARAMS_MISMATCH",
  // Of tokens (ERC-6093).
  ERC20InsufficientBalance: "TOKENS_INSUFFICIENT",
  ERC20InsufficientAllowance: "ALLOWANCE_MISSING",
};

type Revert = {
  /** A custom error's bytes. */
  readonly raw: Hex | undefined;
  readonly reason: string | undefined;
  /** Whether the endpoint has said in so many words that it reverted. */
  readonly isRevert: boolean;
};

/** @returns undefined for bytes that are no error of ours, where nobody has said that they are one */
export function explainRevert(
  { raw, reason: said, isRevert }: Revert,
  what: string,
  cause: unknown,
): PersonaError | undefined {
  const decoded = raw === undefined ? undefined : decode(raw);
  if (decoded === undefined && !isRevert) return undefined;
  const { errorName, args, names } = decoded ?? { errorName: said ?? "without a reason", args: [], names: [] };
  const values = args.map((value, i) => [names[i] ?? `arg${i}`, String(value)] as const);
  const data = { error: errorName, ...Object.fromEntries(values) };
  // The grant registry reports the same Reason that guardians do.
  const reason = errorName === "GrantNotUsable" ? codeOfReason(Number(args[1])) : undefined;
  const code = reason ?? codeByError[errorName] ?? "TRANSACTION_REVERTED";
  return new PersonaError(code, `The contract refused ${what}.`, { data, cause });
}

type DecodedRevert = {
  readonly errorName: string;
  readonly args: readonly unknown[];
  readonly names: readonly (string | undefined)[];
};

/** Undefined when it is not one of the protocol's errors: a token's own, for instance. */
function decode(raw: Hex): DecodedRevert | undefined {
  try {
    const { errorName, args, abiItem } = decodeErrorResult({ abi: contractErrorsAbi, data: raw });
    const names = "inputs" in abiItem ? abiItem.inputs.map(({ name }) => name) : [];
    return { errorName, args: args ?? [], names };
  } catch {
    return undefined;
  }
}
