import {
  BaseError,
  createTransport,
  type EIP1193RequestFn,
  HttpRequestError,
  LimitExceededRpcError,
  TimeoutError,
  type Transport,
} from "viem";
import type { Endpoints } from "./createEndpoints.ts";
import type { RpcFailure } from "./rpcFailure.ts";

/** What every endpoint must have: the first that has it is enough. */
const broadcastMethod = "eth_sendRawTransaction";
/** JSON-RPC's code of an execution that reverted. */
const revertCode = 3;

/**
 * A viem transport over several endpoints, by their health: a call goes to the best, and to the next when that one fails or answers
 * with an error that is not the contract's own. A signed transaction goes to all: it is the same wherever it arrives.
 */
export function failoverTransport(
  transports: readonly Transport[],
  endpoints: Pick<Endpoints, "ranked" | "report">,
): Transport<"failover"> {
  return (parameters) => {
    const requests = transports.map((open): EIP1193RequestFn => open({ ...parameters, retryCount: 0 }).request);
    const ask = async (index: number, call: { method: string; params?: unknown }): Promise<unknown> => {
      try {
        const value: unknown = await requests[index]?.(call as never);
        endpoints.report(index, undefined);
        return value;
      } catch (error) {
        endpoints.report(index, viemFailure(error));
        throw error;
      }
    };
    return createTransport({
      key: "failover",
      name: "Several endpoints",
      type: "failover",
      retryCount: 0,
      request: (async (call: { method: string; params?: unknown }) => {
        const ranked = endpoints.ranked();
        if (call.method === broadcastMethod) return broadcastToAll(ranked.map((index) => ask(index, call)));
        let first: unknown;
        for (const index of ranked) {
          try {
            return await ask(index, call);
          } catch (error) {
            if (isRevert(error)) throw error;
            first ??= error;
          }
        }
        throw first ?? new BaseError("No endpoint serves this chain.");
      }) as EIP1193RequestFn,
    });
  };
}

async function broadcastToAll(sent: readonly Promise<unknown>[]): Promise<unknown> {
  const results = await Promise.allSettled(sent);
  const taken = results.find(({ status }) => status === "fulfilled");
  if (taken?.status === "fulfilled") return taken.value;
  // The best endpoint's word: others may only repeat that they cannot.
  const [refused] = results;
  throw refused?.status === "rejected" ? refused.reason : new BaseError("No endpoint serves this chain.");
}

function viemFailure(error: unknown): RpcFailure {
  if (!(error instanceof BaseError)) return "down";
  const has = (test: (cause: unknown) => boolean) => error.walk(test) !== null;
  if (has((cause) => cause instanceof LimitExceededRpcError)) return "rate";
  if (has((cause) => cause instanceof HttpRequestError && cause.status === 429)) return "rate";
  if (has((cause) => cause instanceof HttpRequestError || cause instanceof TimeoutError)) return "down";
  return "said";
}

/** The contract's own no is the same everywhere. */
function isRevert(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false;
  return error.walk((cause) => isRevertCause(cause)) !== null;
}

const isRevertCause = (cause: unknown): boolean =>
  (typeof cause === "object" && cause !== null && "code" in cause && cause.code === revertCode) ||
  (cause instanceof BaseError && /\brevert(ed)?\b/i.test(cause.details));
