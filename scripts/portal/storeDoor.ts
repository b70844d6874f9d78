import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { dirname, join } from "node:path";
import { sha256Hex } from "@persona-protocol/sdk/crypto";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { type BlobStore, cidOfDigest, MAX_BLOCK_BYTES, parseCid } from "@persona-protocol/sdk/storage";
import { NextToLast } from "blockstore-fs/sharding";
import { CID } from "multiformats/cid";

const layout = new NextToLast();
const codecs = ["raw", "dag-pb", "dag-cbor"] as const;
/** A block, and the form around it. */
const maxBodyBytes = MAX_BLOCK_BYTES + 4_096;

/**
 * The few calls of Kubo's RPC that the page uses, over the block store of a local network: in the place of a person's own Kubo daemon,
 * which keeps what a page for a public network brings. For this machine alone.
 */
export function createStoreDoor(storeDir: string, store: BlobStore) {
  return async (path: string, query: URLSearchParams, request: IncomingMessage, response: ServerResponse) => {
    const cid = query.get("arg") ?? "";
    try {
      if (request.method !== "POST") return say(response, 405, { Message: "POST only" });
      switch (path) {
        case "/api/v0/block/put": {
          const codec = codecs.find((each) => each === query.get("cid-codec"));
          if (codec === undefined) return say(response, 400, { Message: "an unknown codec" });
          const bytes = await formFile(request);
          const named = cidOfDigest(sha256Hex(bytes), codec);
          await writeBlock(storeDir, named, bytes);
          return say(response, 200, { Key: named, Size: bytes.length });
        }
        case "/api/v0/block/get":
          response
            .writeHead(200, { "content-type": "application/octet-stream" })
            .end(await store.getBlock(cid, { maxBytes: MAX_BLOCK_BYTES }));
          return;
        case "/api/v0/block/stat":
          if (!(await store.has(cid))) return say(response, 500, { Message: "block was not found locally" });
          return say(response, 200, { Key: cid });
        case "/api/v0/pin/add":
          await store.pin(cid);
          return say(response, 200, { Pins: [cid] });
        case "/api/v0/pin/rm":
          await store.unpin(cid);
          return say(response, 200, { Pins: [cid] });
        case "/api/v0/pin/ls": {
          // Also of objects, which are no files, and whose size no store says.
          const isPinned = existsSync(join(storeDir, "pins", parseCid(cid) && cid));
          return isPinned
            ? say(response, 200, { Keys: { [cid]: { Type: "recursive" } } })
            : say(response, 500, { Message: `path '${cid}' is not pinned` });
        }
        default:
          return say(response, 404, { Message: "not here" });
      }
    } catch (error) {
      const isAbsent = isPersonaError(error, "BLOB_NOT_FOUND");
      say(response, 500, { Message: isAbsent ? "block was not found locally" : String(error).slice(0, 200) });
    }
  };
}

/** Whole or not at all, in the layout of the network's own stores. */
async function writeBlock(storeDir: string, cid: string, bytes: Uint8Array): Promise<void> {
  parseCid(cid);
  const { dir, file } = layout.encode(CID.parse(cid));
  const path = join(storeDir, "blocks", dir, file);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const part = join(storeDir, "tmp", randomUUID());
  await writeFile(part, bytes, { mode: 0o600 });
  await rename(part, path);
}

/** The one file of a form, as `fetch` sends it. */
async function formFile(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > maxBodyBytes) throw new RangeError("the block is too large");
    parts.push(part);
  }
  const body = new Response(Buffer.concat(parts), {
    headers: { "content-type": request.headers["content-type"] ?? "" },
  });
  const file = (await body.formData()).get("data");
  if (file === null || typeof file === "string") throw new TypeError("the form has no file");
  return new Uint8Array(await file.arrayBuffer());
}

function say(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
