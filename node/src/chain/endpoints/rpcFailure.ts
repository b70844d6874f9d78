import { isPersonaError, type PersonaError } from "@persona-protocol/sdk/errors";

/**
 * - `range`: the endpoint wants to be asked for less (blocks, results, bytes)
 * - `rate`: it wants to be asked later
 * - `said`: it has answered, and the answer is an error of its own (no such block, no such method, a revert)
 * - `down`: no answer, or none that is one
 */
export type RpcFailure = "range" | "rate" | "said" | "down";

/** What providers write: there is no code that all of them use. A rate limit is looked for first: some call it "limit exceeded", too. */
const rateTexts =
  /rate.?limit|too many requests|requests? per (second|minute|day)|throughput|capacity|quota|compute units|slow down|daily request/i;
const rangeTexts =
  /range|too many (results|logs|blocks)|more than [\d,]+ (results|logs|blocks)|(result|response|log|block)s?.{0,40}(limit|exceed|too (large|big|many))|limit(ed)? to [\d,]+ (results|logs|blocks)|(query|response) (timeout|timed out|size)|exceeds? max|pruned logs/i;
const limitExceeded = -32_005;

/** @param error as `createRpcRelay` throws it */
export function rpcFailure(error: unknown): RpcFailure {
  if (!isPersonaError(error)) return "down";
  const { httpStatus } = error.data;
  const said = answerOf(error);
  if (said !== undefined) {
    if (rateTexts.test(said.message)) return "rate";
    if (rangeTexts.test(said.message)) return "range";
    if (said.code === limitExceeded || said.code === 429) return "rate";
    return "said";
  }
  if (httpStatus === 429) return "rate";
  if (httpStatus === 413) return "range";
  // The answer was longer than we take.
  if (error.cause instanceof RangeError) return "range";
  return "down";
}

/** The error object of the endpoint's answer. */
function answerOf({ cause }: PersonaError): { readonly code: number; readonly message: string } | undefined {
  if (typeof cause !== "object" || cause === null || cause instanceof Error) return undefined;
  const { code, message } = cause as { code?: unknown; message?: unknown };
  return typeof code === "number" && typeof message === "string" ? { code, message } : undefined;
}
