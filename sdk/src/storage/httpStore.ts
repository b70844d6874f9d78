import { PersonaError } from "../errors/index.ts";
import type { BlobStore, CallOptions } from "./blobStore.ts";
import { createBlobStore } from "./blockStore.ts";
import { createGatewayReader } from "./gatewayReader.ts";
import { within } from "./within.ts";

/**
 * A store behind HTTP, for pages: a trustless gateway that takes blocks, too (docs/stores.md, "A store for pages"; `persona dev` serves
 * one). Files are cut and hashed here and every block that is read is checked against its CID, so the server is trusted with
 * nothing but keeping; it cannot give other bytes, nor have others stored under a name of ours. Works wherever `fetch` does.
 *
 * @throws CONFIG_INVALID when `url` is not http or https.
 */
export function createHttpStore(parameters: createHttpStore.Parameters): BlobStore {
  const { url, timeoutMs = 30_000, pinTimeoutMs = 600_000, headers = {} } = parameters;
  const plain = parameters.fetch ?? fetch;
  const request: typeof fetch = (input, init = {}) =>
    plain(input, {
      ...init,
      headers: { ...headers, ...(init.headers as Readonly<Record<string, string>> | undefined) },
    });
  const reader = createGatewayReader({ url, timeoutMs, fetch: request });
  const base = url.replace(/\/+$/, "");

  /** @returns the status, of those that are an answer to the question */
  const ask = (
    method: "PUT" | "DELETE" | "GET",
    path: string,
    answers: readonly number[],
    options: CallOptions & { readonly body?: Uint8Array; readonly ms?: number },
  ): Promise<number> =>
    within(options.ms ?? timeoutMs, options, async (signal) => {
      const { body } = options;
      const response = await request(`${base}${path}`, {
        method,
        redirect: "error",
        signal,
        ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
      });
      await response.body?.cancel();
      const { status } = response;
      if (answers.includes(status)) return status;
      throw Object.assign(new Error(`the store answered ${status}`), { status });
    });

  const store = createBlobStore({
    write: async (cid, body, options) => {
      await ask("PUT", `/ipfs/${cid}`, [200, 201, 204], { ...options, body });
    },
    read: (cid, options) => reader.getBlock(cid, options),
    has: (cid, options) => reader.has(cid, options),
    async pin(cid, options) {
      const status = await ask("PUT", `/pins/${cid}`, [200, 201, 204, 404], { ...options, ms: pinTimeoutMs });
      if (status !== 404) return;
      throw new PersonaError("BLOB_NOT_FOUND", "There is nothing under this CID to pin.", { data: { cid } });
    },
    unpin: async (cid, options) => {
      await ask("DELETE", `/pins/${cid}`, [200, 204, 404], options);
    },
    isPinned: async (cid, options) => (await ask("GET", `/pins/${cid}`, [200, 204, 404], options)) !== 404,
  });
  const { get, getBlock, has } = reader;
  return { ...store, get, getBlock, has };
}

export declare namespace createHttpStore {
  type Parameters = createGatewayReader.Parameters & {
    /** Longest wait for a pin, default 600,000. */
    readonly pinTimeoutMs?: number;
    /** With every request, for instance `authorization`. */
    readonly headers?: Readonly<Record<string, string>>;
  };
}
