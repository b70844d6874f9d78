import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import {
  type BlockMedium,
  cidOfDigest,
  createBlobReader,
  digestOfCid,
  MAX_BLOCK_BYTES,
  parseCid,
} from "@persona-protocol/sdk/storage";
import { answerGateway, statusOf } from "./gatewayServer.ts";

/** Bodies that are read at once: each may be as large as a block. */
const maxBodies = 64;

/**
 * What `createHttpStore` of the SDK speaks to (docs/stores.md): a trustless gateway, with `PUT /ipfs/{cid}` for a block, and `PUT`,
 * `DELETE` and `GET /pins/{cid}`. A block is kept only under the CID that its bytes have.
 * @returns whether the request was one for a store
 */
export function createStoreHandler(medium: BlockMedium): StoreHandler {
  const reader = createBlobReader(medium);
  let bodies = 0;

  async function putBlock(cid: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (bodies >= maxBodies) return end(response, 429);
    bodies += 1;
    try {
      const bytes = await readBlock(request);
      if (bytes === undefined) return end(response, 413);
      if (`0x${createHash("sha256").update(bytes).digest("hex")}` !== digestOfCid(cid)) return end(response, 400);
      await medium.write(cid, bytes, {});
      end(response, 204);
    } finally {
      bodies -= 1;
    }
  }

  async function answerPin(cid: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    switch (request.method) {
      case "PUT":
        await medium.pin(cid, {});
        return end(response, 204);
      case "DELETE":
        await medium.unpin(cid, {});
        return end(response, 204);
      case "GET":
        return end(response, (await medium.isPinned(cid, {})) ? 204 : 404);
      default:
        return end(response, 405);
    }
  }

  return async (request, response) => {
    const [, place, text = ""] = /^\/(ipfs|pins)\/([A-Za-z0-9]{1,200})(?:\?|$)/.exec(request.url ?? "") ?? [];
    if (place === undefined) return false;
    try {
      const cid = canonicalCid(text);
      if (cid === undefined) end(response, 400);
      else if (place === "pins") await answerPin(cid, request, response);
      else if (request.method === "PUT") await putBlock(cid, request, response);
      else await answerGateway(reader, request, response);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else end(response, isPersonaError(error) ? statusOf(error) : 500);
    }
    return true;
  };
}

export type StoreHandler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/** As the files of a store are named: nothing of the request reaches a path but this. */
function canonicalCid(text: string): string | undefined {
  try {
    return cidOfDigest(digestOfCid(text), parseCid(text).codec);
  } catch {
    return undefined;
  }
}

/** Undefined when it is larger than any block. */
async function readBlock(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BLOCK_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, status === 413 ? { connection: "close" } : {}).end();
}
