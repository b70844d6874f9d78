import {
  BaseError,
  ChainMismatchError,
  ContractFunctionRevertedError,
  decodeErrorResult,
  type Hex,
  InsufficientFundsError,
  isHex,
  UserRejectedRequestError,
} from "viem";
import { codeOfReason, type ErrorCode, isPersonaError, PersonaError } from "../errors/index.ts";
// An error may come from a contract further down than the one that was called: all of them.
import { contractErrorsAbi } from "./abis.ts";

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

/** Nodes say it in words of their own: geth, anvil, Hardhat. */
const noFunds = /insufficient funds|enough funds/i;
const reverted = /\brevert(ed)?\b/i;
/** JSON-RPC's code of an execution that reverted. */
const revertCode = 3;

/**
 * What a failed call to a contract means. Never to be tried again are only a revert that the chain has said in so many words,
 * a wallet's no, a wrong chain and an empty account. Whatever else went wrong on the way (no answer, a rate limit, an internal
 * error, a nonce that another transaction took, a receipt that does not come) says nothing about the call: CHAIN_UNREACHABLE.
 * What is no error of viem, and what viem could not encode, is returned as it is.
 */
export function explainChainError(error: unknown, what: string): unknown {
  if (isPersonaError(error) || !(error instanceof BaseError)) return error;
  const known = error.walk((cause) => isPersonaError(cause));
  if (known !== null) return known;
  const has = (test: (cause: unknown) => boolean) => error.walk(test) !== null;
  if (has((cause) => cause instanceof UserRejectedRequestError))
    return new PersonaError("SIGNATURE_REJECTED", `${what} was rejected in the wallet.`, { cause: error });
  if (has((cause) => cause instanceof ChainMismatchError))
    return new PersonaError("CHAIN_WRONG", `${what} was not sent: the wallet is on another chain.`, { cause: error });
  const raw = revertData(error);
  if (has(isSaidRevert) || (raw !== undefined && decode(raw) !== undefined)) {
    const revert = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    const reason = revert instanceof ContractFunctionRevertedError ? revert.reason : undefined;
    return explainRevert({ raw, reason }, what, error);
  }
  if (has(isEmptyAccount)) {
    const text = `${what} was not sent: the account cannot pay the gas.`;
    return new PersonaError("GAS_INSUFFICIENT", text, { cause: error });
  }
  if (isEncodingError(error)) return error;
  return new PersonaError("CHAIN_UNREACHABLE", `The chain did not take ${what}: ${error.shortMessage}`, {
    cause: error,
  });
}

const isEmptyAccount = (cause: unknown): boolean =>
  cause instanceof InsufficientFundsError || (cause instanceof BaseError && noFunds.test(cause.details));

/** viem calls every internal error (-32603) of an endpoint a revert: what the endpoint itself has said decides. */
function isSaidRevert(cause: unknown): boolean {
  if (!(cause instanceof BaseError) || cause instanceof ContractFunctionRevertedError) return false;
  return ("code" in cause && cause.code === revertCode) || reverted.test(cause.details);
}

/** A custom error's bytes, wherever the endpoint and viem have put them. */
function revertData(error: BaseError): Hex | undefined {
  let found: Hex | undefined;
  error.walk((cause) => {
    const data = fieldOf(cause, "raw") ?? fieldOf(cause, "data");
    const bytes = isHex(data) ? data : fieldOf(data, "data");
    if (isHex(bytes) && bytes.length >= 10) found ??= bytes;
    return false;
  });
  return found;
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && name in value ? (value as Record<string, unknown>)[name] : undefined;

/** Thrown before anything was sent: the caller's arguments do not fit the ABI. */
const isEncodingError = ({ name }: BaseError): boolean =>
  /^(Abi|InvalidAddress|InvalidAbi|InvalidArray|IntegerOutOfRange|BytesSize|SizeExceeds)/.test(name);

type Revert = { readonly raw: Hex | undefined; readonly reason: string | undefined };

function explainRevert(revert: Revert, what: string, cause: unknown): PersonaError {
  const { errorName, args = [], names } = decodeRevert(revert);
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

function decodeRevert({ raw, reason }: Revert): DecodedRevert {
  const decoded = raw === undefined ? undefined : decode(raw);
  return decoded ?? { errorName: reason ?? "without a reason", args: [], names: [] };
}

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
