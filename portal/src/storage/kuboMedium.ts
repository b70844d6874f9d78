import { type BlockMedium, parseCid } from "@persona-protocol/sdk/storage";

/** Of one block; a pin visits every block of a file. */
const blockMs = 30_000;
const pinMs = 600_000;
const maxAnswerBytes = 2 ** 21 + 1;

/**
 * A Kubo daemon (IPFS Desktop has one) by its RPC, as the SDK wants a store: blocks are cut, hashed and checked here, so that the daemon
 * is trusted with nothing but keeping. It must allow this page's origin (`API.HTTPHeaders`, docs/portal.md).
 */
export function kuboMedium(url: string): BlockMedium {
  async function ask(
    path: string,
    query: Record<string, string>,
    options: Options,
    body?: FormData,
  ): Promise<Response> {
    const { signal, ms = blockMs } = options;
    const limit = AbortSignal.timeout(ms);
    return fetch(`${url}/api/v0/${path}?${new URLSearchParams(query)}`, {
      method: "POST",
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      redirect: "error",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      ...(body === undefined ? {} : { body }),
    });
  }
  /** Kubo says everything that is not well with status 500 and a sentence. */
  async function done(response: Response): Promise<void> {
    if (!response.ok) throw new Error(await problem(response));
    await response.body?.cancel();
  }
  async function isThere(response: Response, absent: RegExp): Promise<boolean> {
    if (response.ok) {
      await response.body?.cancel();
      return true;
    }
    const said = await problem(response);
    if (absent.test(said)) return false;
    throw new Error(said);
  }

  return {
    async write(cid, bytes, { signal }) {
      const body = new FormData();
      body.append("data", new Blob([bytes as Uint8Array<ArrayBuffer>]));
      const query = { "cid-codec": parseCid(cid).codec, mhtype: "sha2-256", pin: "false" };
      const response = await ask("block/put", query, { signal }, body);
      if (!response.ok) throw new Error(await problem(response));
      const { Key: key } = (await response.json()) as { readonly Key?: unknown };
      if (key !== cid) throw new Error("the daemon has stored the block under another name");
    },
    async read(cid, { signal }) {
      const response = await ask("block/get", { arg: cid, timeout: `${blockMs}ms` }, { signal });
      if (response.ok) return bytesOf(response);
      const said = await problem(response);
      if (notFound.test(said)) return undefined;
      throw new Error(said);
    },
    // Only what the daemon has itself; without `offline` it would ask the whole network.
    has: async (cid, { signal }) =>
      isThere(await ask("block/stat", { arg: cid, offline: "true" }, { signal }), notFound),
    async pin(cid, { signal }) {
      await done(await ask("pin/add", { arg: cid, recursive: "true" }, { signal, ms: pinMs }));
    },
    async unpin(cid, { signal }) {
      await isThere(await ask("pin/rm", { arg: cid, recursive: "true" }, { signal }), notPinned);
    },
    isPinned: async (cid, { signal }) =>
      isThere(await ask("pin/ls", { arg: cid, type: "recursive" }, { signal }), notPinned),
  };
}

type Options = { readonly signal?: AbortSignal | undefined; readonly ms?: number };

const notFound = /not found|could not find/i;
const notPinned = /not pinned/i;

async function problem(response: Response): Promise<string> {
  const text = (await response.text()).slice(0, 500);
  try {
    const { Message: message } = JSON.parse(text) as { readonly Message?: unknown };
    return typeof message === "string" ? message : text;
  } catch {
    return `the daemon answered ${response.status}`;
  }
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > maxAnswerBytes) throw new Error("the daemon's block is larger than any block is");
    parts.push(part);
  }
  return new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}
