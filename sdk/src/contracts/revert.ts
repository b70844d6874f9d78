import {
  BaseError,
  ChainMismatchError,
  ContractFunctionRevertedError,
  type Hex,
  InsufficientFundsError,
  isHex,
  UserRejectedRequestError,
} from "viem";
import { isPersonaError, PersonaError } from "../errors/index.ts";

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
export async function explainChainError(error: unknown, what: string): Promise<unknown> {
  if (isPersonaError(error) || !(error instanceof BaseError)) return error;
  const known = error.walk((cause) => isPersonaError(cause));
  if (known !== null) return known;
  const has = (test: (cause: unknown) => boolean) => error.walk(test) !== null;
  if (has((cause) => cause instanceof UserRejectedRequestError))
    return new PersonaError("SIGNATURE_REJECTED", `${what} was rejected in the wallet.`, { cause: error });
  if (has((cause) => cause instanceof ChainMismatchError))
    return new PersonaError("CHAIN_WRONG", `${what} was not sent: the wallet is on another chain.`, { cause: error });
  const raw = revertData(error);
  const isRevert = has(isSaidRevert);
  if (raw !== undefined || isRevert) {
    const revert = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    const reason = revert instanceof ContractFunctionRevertedError ? revert.reason : undefined;
    // What every error of every contract means is loaded when there is one to explain.
    const { explainRevert } = await import("./explainRevert.ts");
    const explained = explainRevert({ raw, reason, isRevert }, what, error);
    if (explained !== undefined) return explained;
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
