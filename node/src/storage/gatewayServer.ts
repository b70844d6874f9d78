import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { type BlobReader, carHeader, carSectionHead } from "@persona-protocol/sdk/storage";
import type { Logger } from "pino";
import { type Listening, listen } from "../listen.ts";
import { carBlocks } from "./carBlocks.ts";
import { type GatewayRequest, parseGatewayRequest } from "./gatewayRequest.ts";

export type GatewayServer = Listening;

/** Answers under way, to one address and to all; whoever comes later is told to try again. */
const maxAnswersPerAddress = 32;
const maxAnswers = 128;
const maxConnections = 512;
/** Blocks of one CAR, 8 GiB of a file. Readers take the rest in another. */
const maxCarBlocks = 8_192;
/** An answer that takes longer is cut: somebody who reads a byte a second must not keep a place. */
const maxAnswerMs = 10 * 60_000;

/**
 * A trustless gateway over this node's own store: `GET` and `HEAD /ipfs/{cid}`, raw blocks and CARs (IPFS specification
 * "Trustless Gateway"). It gives only what the store holds, each block checked before it leaves; it asks nobody else. What a
 * store holds is ciphertext and public manifests. No CORS header: a web page shall not find out what its visitor's own
 * machine keeps.
 */
export async function startGatewayServer(options: startGatewayServer.Options): Promise<GatewayServer> {
  const { host, port, store, log } = options;
  const underWay = new Map<string, number>();
  let all = 0;

  const server = createServer({ connectionsCheckingInterval: 1_000 }, (request, response) => {
    const address = request.socket.remoteAddress ?? "";
    const same = underWay.get(address) ?? 0;
    if (all >= maxAnswers || same >= maxAnswersPerAddress) {
      response.writeHead(429, { "retry-after": "1" }).end();
      return;
    }
    all += 1;
    underWay.set(address, same + 1);
    answerGateway(store, request, response)
      .catch((error: unknown) => {
        log.warn({ code: isPersonaError(error) ? error.code : "INTERNAL" }, "gateway answer failed");
        // After the first byte only the broken connection can say that the rest is missing.
        if (response.headersSent) response.destroy();
        else say(response, statusOf(error), isPersonaError(error) ? error.code : "INTERNAL");
      })
      .finally(() => {
        all -= 1;
        const left = (underWay.get(address) ?? 1) - 1;
        if (left === 0) underWay.delete(address);
        else underWay.set(address, left);
      });
  });
  server.maxConnections = maxConnections;
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  server.setTimeout(30_000);
  return listen(server, { host, port, name: "The gateway" });
}

export declare namespace startGatewayServer {
  type Options = {
    readonly host: string;
    /** 0 picks a free one. */
    readonly port: number;
    readonly store: Pick<BlobReader, "has" | "getBlock">;
    readonly log: Pick<Logger, "warn">;
  };
}

/** One request to a gateway over `store`. Throws what the store throws; after the first byte the connection has to break. */
export async function answerGateway(
  store: startGatewayServer.Options["store"],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const wanted = parseGatewayRequest(request);
  if (wanted.format === "refused") return say(response, wanted.status, wanted.reason);
  const { cid } = wanted;
  const stop = new AbortController();
  response.once("close", () => stop.abort());
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(maxAnswerMs)]);
  const getBlock = async (block: string): Promise<Uint8Array> => {
    // A Kubo daemon that is asked for a block would go and find it; whether it has one it says without asking around.
    if (await store.has(block, { signal })) return store.getBlock(block, { signal });
    throw new PersonaError("BLOB_NOT_FOUND", "This gateway does not hold the block.", { data: { cid: block } });
  };

  if (!(await store.has(cid, { signal }))) {
    const onlyHere = request.headers["cache-control"]?.includes("only-if-cached") === true;
    return say(response, onlyHere ? 412 : 404, "not here");
  }
  const headers = headersOf(wanted);
  if (headers.etag !== undefined && request.headers["if-none-match"]?.includes(headers.etag) === true) {
    response.writeHead(304, headers).end();
    return;
  }
  const bytes = await getBlock(cid);
  const head = request.method === "HEAD";
  if (wanted.format === "raw") {
    response.writeHead(200, { ...headers, "content-length": bytes.length }).end(head ? undefined : bytes);
    return;
  }
  response.writeHead(200, headers);
  if (head) {
    response.end();
    return;
  }
  await pipeline(Readable.from(carOf(carBlocks(getBlock, { cid, bytes }, wanted), cid)), response, { signal });
}

async function* carOf(blocks: ReturnType<typeof carBlocks>, root: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield carHeader(root);
  let count = 0;
  for await (const { cid, bytes } of blocks) {
    count += 1;
    if (count > maxCarBlocks) {
      throw new PersonaError("STORE_FAILED", "The CAR is longer than this gateway gives.", {
        data: { kind: "refused", cid: root, maxCarBlocks },
      });
    }
    yield carSectionHead(cid, bytes.length);
    yield bytes;
  }
}

/** What a CID names never changes, so anybody may keep it for ever; a CAR's order is ours, so it has no tag. */
function headersOf(wanted: Exclude<GatewayRequest, { format: "refused" }>): Record<string, string> & { etag?: string } {
  const { cid, format } = wanted;
  const type =
    format === "raw"
      ? "application/vnd.ipld.raw"
      : `application/vnd.ipld.car; version=1; order=dfs; dups=${wanted.duplicates ? "y" : "n"}`;
  return {
    "content-type": type,
    "content-disposition": `attachment; filename="${cid}.${format === "raw" ? "bin" : "car"}"`,
    "x-content-type-options": "nosniff",
    "x-ipfs-path": `/ipfs/${cid}`,
    // Of a server for pages the answer to one origin must not be kept for another.
    vary: "accept, origin",
    ...(format === "raw" ? { "cache-control": "public, max-age=29030400, immutable", etag: `"${cid}.raw"` } : {}),
  };
}

export function statusOf(error: unknown): number {
  if (isPersonaError(error, "BLOB_NOT_FOUND")) return 404;
  return isPersonaError(error, "STORE_FAILED") ? 503 : 500;
}

function say(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, { "content-type": "text/plain", ...(status === 405 ? { allow: "GET, HEAD" } : {}) })
    .end(`${text}\n`);
}
