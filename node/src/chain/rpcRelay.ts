import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { z } from "zod";

/** One read of the chain, answered with the result as the endpoint gave it. @throws PersonaError CHAIN_UNREACHABLE */
export type RpcRelay = { request(call: RpcCall): Promise<unknown>; close(): void };

type RpcCall = { readonly method: string; readonly params: unknown };

/** Calls of one request. */
const maxBatch = 64;
const timeoutMs = 10_000;
const maxAnswerBytes = 16 * 1024 * 1024;
const maxConnections = 8;

const answers = z.array(
  z.object({
    id: z.number(),
    result: z.unknown().optional(),
    error: z.object({ code: z.number(), message: z.string() }).optional(),
  }),
);

/** An answer that is no JSON-RPC. */
class HttpError extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

type Waiting = RpcCall & { resolve(value: unknown): void; reject(error: unknown): void };

/**
 * JSON-RPC for an enclave's reads, which are most of what a guardian's host does: calls of one turn of the event loop go in one
 * batch over a connection that stays open. viem's transport waits for a timer before each batch and goes through `fetch`, whose
 * streams cost more than all else here.
 */
export function createRpcRelay(rpcUrl: string): RpcRelay {
  const url = new URL(rpcUrl);
  const secure = url.protocol === "https:";
  const options = { keepAlive: true, maxSockets: maxConnections };
  const agent = secure ? new HttpsAgent(options) : new HttpAgent(options);
  let waiting: Waiting[] = [];
  let takesBatches = true;

  const post = (body: string, isRepeat = false): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      // The whole exchange in time, not only each packet of it.
      const signal = AbortSignal.timeout(timeoutMs);
      const sent = (secure ? httpsRequest : httpRequest)(
        url,
        { method: "POST", agent, headers, signal },
        (response) => {
          const chunks: Buffer[] = [];
          let length = 0;
          response.on("data", (chunk: Buffer) => {
            length += chunk.length;
            if (length > maxAnswerBytes) response.destroy(new RangeError("the answer is too large"));
            else chunks.push(chunk);
          });
          response.once("error", reject);
          response.once("end", () => {
            if (response.statusCode === 200) resolve(Buffer.concat(chunks, length));
            else reject(new HttpError(response.statusCode ?? 0));
          });
        },
      );
      sent.once("error", (error: NodeJS.ErrnoException) => {
        // The endpoint closed an idle connection while this was on its way: nobody has answered it, and reads change nothing.
        if (!isRepeat && sent.reusedSocket && error.code === "ECONNRESET") resolve(post(body, true));
        else reject(error);
      });
      sent.end(body);
    });

  /** @returns whether there were answers, be they errors */
  const send = async (batch: readonly Waiting[]): Promise<boolean> => {
    const calls = batch.map(({ method, params }, id) => ({ jsonrpc: "2.0", id, method, params }));
    // An endpoint that takes no batches is only asked for one.
    const body = JSON.stringify(calls.length === 1 ? calls[0] : calls);
    let found: Map<number, z.infer<typeof answers>[number]>;
    try {
      const value: unknown = JSON.parse((await post(body)).toString("utf8"));
      found = new Map(answers.parse(calls.length === 1 ? [value] : value).map((answer) => [answer.id, answer]));
    } catch (cause) {
      if (batch.length > 1 && mayRefuseBatches(cause)) {
        // Some endpoints take one call at a time, and say so in ways of their own; this was one if that helps.
        const helped = await Promise.all(batch.map((call) => send([call])));
        if (helped.every((answered) => answered)) takesBatches = false;
        return false;
      }
      for (const { method, reject } of batch) reject(unreachable(method, cause));
      return false;
    }
    for (const [id, { method, resolve, reject }] of batch.entries()) {
      const answer = found.get(id);
      if (answer === undefined || answer.error !== undefined || answer.result === undefined)
        reject(unreachable(method, answer?.error));
      else resolve(answer.result);
    }
    return true;
  };

  const flush = (): void => {
    const calls = waiting;
    waiting = [];
    const size = takesBatches ? maxBatch : 1;
    for (let from = 0; from < calls.length; from += size) void send(calls.slice(from, from + size));
  };

  return {
    request: (call) =>
      new Promise((resolve, reject) => {
        if (waiting.push({ ...call, resolve, reject }) === 1) setImmediate(flush);
      }),
    close: () => agent.destroy(),
  };
}

/** One error in place of the answers, or a status that says "not like this"; not one that says "not now". */
const mayRefuseBatches = (cause: unknown): boolean =>
  cause instanceof z.ZodError || (cause instanceof HttpError && [400, 403, 405, 413, 422].includes(cause.status));

function unreachable(method: string, cause: unknown): PersonaError {
  const data = cause instanceof HttpError ? { method, httpStatus: cause.status } : { method };
  return new PersonaError("CHAIN_UNREACHABLE", "The chain endpoint failed a read.", { data, cause });
}
