import { isPersonaError, PersonaError } from "../errors/index.ts";
import type { CallOptions } from "./blobStore.ts";

/**
 * Why a store does not work, the `kind` of a STORE_FAILED: `full` (no room, or over a quota), `slow` (a time limit has
 * passed), `gone` (nobody answers, or the connection was cut), `refused` (it, or we, will not do this), `failed` (else).
 */
export type StoreFailureKind = "full" | "slow" | "gone" | "refused" | "failed";

const CODES: Readonly<Record<string, StoreFailureKind>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EFBIG: "full",
  XMinioStorageFull: "full",
  QuotaExceeded: "full",
  TimeoutError: "slow",
  ETIMEDOUT: "slow",
  UND_ERR_CONNECT_TIMEOUT: "slow",
  UND_ERR_HEADERS_TIMEOUT: "slow",
  UND_ERR_BODY_TIMEOUT: "slow",
  ECONNREFUSED: "gone",
  ECONNRESET: "gone",
  ENOTFOUND: "gone",
  EAI_AGAIN: "gone",
  EHOSTUNREACH: "gone",
  ENETUNREACH: "gone",
  EPIPE: "gone",
  UND_ERR_SOCKET: "gone",
  EACCES: "refused",
  EPERM: "refused",
  EROFS: "refused",
  AccessDenied: "refused",
};
const STATUSES: Readonly<Record<number, StoreFailureKind>> = {
  401: "refused",
  403: "refused",
  408: "slow",
  413: "refused",
  429: "slow",
  502: "gone",
  503: "gone",
  504: "slow",
  507: "full",
};
/** A cause has causes; a ring of them ends somewhere. */
const MAX_CAUSES = 8;

/** Node, fetch, the S3 client and Kubo's client each say it in their own way: codes, names and statuses, never texts. */
export function storeFailureKind(cause: unknown): StoreFailureKind {
  for (let at = cause, depth = 0; depth < MAX_CAUSES && typeof at === "object" && at !== null; depth++) {
    const error = at as Readonly<Record<string, unknown>>;
    const { httpStatusCode } = (error["$metadata"] ?? {}) as Readonly<Record<string, unknown>>;
    const response = (error["response"] ?? {}) as Readonly<Record<string, unknown>>;
    const kind =
      CODES[String(error["code"])] ??
      CODES[String(error["Code"])] ??
      CODES[String(error["name"])] ??
      STATUSES[Number(httpStatusCode ?? error["status"] ?? response["status"])];
    if (kind !== undefined) return kind;
    at = error["cause"];
  }
  return "failed";
}

/** What a medium threw, as the error that stores throw. */
export function storeError(action: string, cid: string, options: CallOptions, cause: unknown): unknown {
  if (isPersonaError(cause)) return cause;
  const data = { action, cid };
  if (options.signal?.aborted === true)
    return new PersonaError("CANCELLED", "The store was told to stop.", { data, cause });
  return new PersonaError("STORE_FAILED", `The store failed to ${action} a blob.`, {
    data: {
      ...data,
      kind: storeFailureKind(cause),
      reason: cause instanceof Error ? cause.message.slice(0, 300) : String(cause).slice(0, 300),
    },
    cause,
  });
}
