import {
  BaseError,
  ChainMismatchError,
  HttpRequestError,
  isHex,
  RpcRequestError,
  UserRejectedRequestError,
} from "viem";
import { isPersonaError, PersonaError } from "../errors/index.ts";

/** Codes of ethers' errors, and of sockets below them, that mean: nobody answered. */
const unreachable = [
  "NETWORK_ERROR",
  "SERVER_ERROR",
  "TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "ETIMEDOUT",
];

/**
 * An error of ethers in the form that viem's own transports give it: a revert keeps its data and is decoded as ever, an
 * endpoint that does not answer is an HTTP failure, a person's no is 4001.
 */
export function explainEthersError(error: unknown, { method }: { readonly method: string }): unknown {
  if (isPersonaError(error) || error instanceof BaseError || !(error instanceof Error)) return error;
  const body = { method };
  const code = fieldOf(error, "code");
  const inner = rpcErrorIn(error);
  if (code === "ACTION_REJECTED" || code === 4001 || inner?.code === 4001) return new UserRejectedRequestError(error);
  if (code === "CALL_EXCEPTION") {
    const data = fieldOf(error, "data") ?? inner?.data;
    const revert = { code: 3, message: "execution reverted", data: isHex(data) ? data : "0x" };
    return new RpcRequestError({ body, error: revert, url: "ethers" });
  }
  if (typeof code === "string" && unreachable.includes(code)) {
    return new HttpRequestError({ body, url: "ethers", details: firstLine(error), cause: error });
  }
  if (inner !== undefined) return new RpcRequestError({ body, error: inner, url: "ethers" });
  return error;
}

/**
 * What the SDK throws when a wallet said no, or stands on another chain, however deep viem has wrapped it; the error itself
 * otherwise.
 */
export function explainWalletError(error: unknown): unknown {
  if (!(error instanceof BaseError)) return error;
  const known = error.walk(isPersonaErrorCause);
  if (isPersonaError(known)) return known;
  if (error.walk((cause) => cause instanceof UserRejectedRequestError) !== null) {
    return new PersonaError("SIGNATURE_REJECTED", "The request was rejected in the wallet.", { cause: error });
  }
  const mismatch = error.walk((cause) => cause instanceof ChainMismatchError);
  if (mismatch !== null) return new PersonaError("CHAIN_WRONG", "The wallet is on another chain.", { cause: error });
  return error;
}

const isPersonaErrorCause = (cause: unknown): boolean => isPersonaError(cause);

/** The JSON-RPC error that ethers keeps under `error` or `info.error`. */
function rpcErrorIn(
  error: Error,
): { readonly code: number; readonly message: string; readonly data?: unknown } | undefined {
  for (const candidate of [error, fieldOf(error, "error"), fieldOf(fieldOf(error, "info"), "error")]) {
    const code = fieldOf(candidate, "code");
    const message = fieldOf(candidate, "message");
    if (typeof code === "number" && typeof message === "string")
      return { code, message, data: fieldOf(candidate, "data") };
  }
  return undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

const firstLine = (error: Error): string => error.message.split("\n")[0] ?? "";
