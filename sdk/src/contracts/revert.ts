import {
  type AbiItem,
  BaseError,
  ContractFunctionRevertedError,
  decodeErrorResult,
  type Hex,
  HttpRequestError,
  TimeoutError,
} from "viem";
import { codeOfReason, type ErrorCode, isPersonaError, PersonaError } from "../errors/index.ts";
import * as abis from "./abis.ts";

/** An error may come from a contract further down than the one that was called. */
const allErrors = Object.values(abis)
  .flat<readonly (readonly AbiItem[])[]>()
  .filter((item) => item.type === "error");

/** Custom errors of the contracts whose meaning is a code of the error table; the rest is TRANSACTION_REVERTED. */
const codeByError: Readonly<Record<string, ErrorCode>> = {
  GrantAlreadyRevoked: "GRANT_REVOKED",
  GrantOwnerEpochStale: "GRANT_REVOKED",
  GrantKeyEpochStale: "KEY_EPOCH_OLD",
  GrantAlreadyExpired: "GRANT_EXPIRED",
  GrantDatasetNotActive: "DATASET_ERASED",
  GrantDatasetNotOwned: "OWNER_MISMATCH",
  JobOutlivesGrant: "GRANT_EXPIRED",
  JobNotOpen: "JOB_NOT_CLAIMABLE",
  ClaimTooLate: "JOB_NOT_CLAIMABLE",
  ClaimNodeExcluded: "JOB_NOT_CLAIMABLE",
  ClaimNodeNotNamed: "JOB_NOT_CLAIMABLE",
  ClaimPolicyMismatched: "NODE_POLICY_MISMATCH",
  ClaimKeyExpired: "NODE_KEY_EXPIRED",
  ClaimKeyNotActive: "NODE_KEY_INACTIVE",
  ClaimMeasurementBanned: "MEASUREMENT_BANNED",
  JobNotClaimed: "JOB_NOT_CLAIMED",
  JobDeadlinePassed: "JOB_DEADLINE_PASSED",
  JobParamsMismatched: "JOB_PARAMS_MISMATCH",
};

/**
 * What a failed call to a contract means: a decoded revert with the contract's own values as data, or a chain that cannot be
 * reached. Errors that are neither are returned as they are.
 */
export function explainChainError(error: unknown, what: string): unknown {
  if (isPersonaError(error) || !(error instanceof BaseError)) return error;
  const revert = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
  if (revert instanceof ContractFunctionRevertedError) return explainRevert(revert, what);
  const transport = error.walk((cause) => cause instanceof HttpRequestError || cause instanceof TimeoutError);
  if (transport !== null)
    return new PersonaError("CHAIN_UNREACHABLE", `The chain endpoint failed during ${what}.`, { cause: error });
  return new PersonaError("TRANSACTION_REVERTED", `${what} failed: ${error.shortMessage}`, { cause: error });
}

function explainRevert(revert: ContractFunctionRevertedError, what: string): PersonaError {
  const { errorName, args = [], names } = decodeRevert(revert);
  const values = args.map((value, i) => [names[i] ?? `arg${i}`, String(value)] as const);
  const data = { error: errorName, ...Object.fromEntries(values) };
  // The grant registry reports the same Reason that guardians do.
  const reason = errorName === "GrantNotUsable" ? codeOfReason(Number(args[1])) : undefined;
  const code = reason ?? codeByError[errorName] ?? "TRANSACTION_REVERTED";
  return new PersonaError(code, `The contract refused ${what}.`, { data, cause: revert });
}

type DecodedRevert = {
  readonly errorName: string;
  readonly args: readonly unknown[];
  readonly names: readonly (string | undefined)[];
};

function decodeRevert({ raw, reason }: ContractFunctionRevertedError): DecodedRevert {
  const unknown = { errorName: reason ?? "without a reason", args: [], names: [] };
  if (raw === undefined || raw === "0x") return unknown;
  try {
    const { errorName, args, abiItem } = decodeErrorResult({ abi: allErrors, data: raw as Hex });
    const names = "inputs" in abiItem ? abiItem.inputs.map(({ name }) => name) : [];
    return { errorName, args: args ?? [], names };
  } catch {
    return unknown; // Not one of the protocol's errors: a token's own, for instance.
  }
}
