import { PersonaError } from "../errors/index.ts";
import { type BlobReader, type BlobStore, type CallOptions, MAX_BLOCK_BYTES } from "./blobStore.ts";
import { createBlobReader, type ReadMedium } from "./blockStore.ts";
import { type ByteSource, collectBytes } from "./byteStream.ts";
import { type CarBlock, readCar } from "./car.ts";
import { parseCid } from "./cid.ts";

/** One block, or many of them. */
const RAW = "application/vnd.ipld.raw";
const CAR = "application/vnd.ipld.car";
/** The gateway does not have it, or may not give it. */
const ABSENT: readonly number[] = [404, 410, 451];

/**
 * Reads from a trustless gateway (IPFS specification "Trustless Gateway"): any public one, another node of this protocol,
 * Kubo's. Works wherever `fetch` does. A file of several blocks is asked for as one CAR, cut to the range that is wanted;
 * whatever does not come in it is fetched block by block. Each block is checked against its CID, so the gateway is trusted
 * with nothing but answering. Redirects are not followed: a gateway must not send its readers elsewhere.
 *
 * @throws CONFIG_INVALID when `url` is not http or https.
 */
export function createGatewayReader(parameters: createGatewayReader.Parameters): BlobReader {
  const { timeoutMs = 30_000 } = parameters;
  const request = parameters.fetch ?? fetch;
  const base = parseBase(parameters.url);
  const addressOf = (cid: string, query: Readonly<Record<string, string>>): string =>
    `${base}/ipfs/${cid}?${new URLSearchParams(query)}`;

  const medium: ReadMedium = {
    async read(cid, { signal }) {
      const response = await request(addressOf(cid, { format: "raw" }), {
        headers: { accept: RAW },
        redirect: "error",
        signal: within(timeoutMs, signal),
      });
      if (!(await isThere(response))) return undefined;
      return collectBytes(bodyOf(response), MAX_BLOCK_BYTES);
    },
    async has(cid, { signal }) {
      const response = await request(addressOf(cid, { format: "raw" }), {
        method: "HEAD",
        headers: { accept: RAW },
        redirect: "error",
        signal: within(timeoutMs, signal),
      });
      return isThere(response);
    },
  };
  const blocks = createBlobReader(medium);

  async function* getByCar(cid: string, options: BlobStore.GetOptions): AsyncGenerator<Uint8Array, void, undefined> {
    const url = addressOf(cid, { format: "car", "dag-scope": "entity", ...entityBytes(options) });
    const car = openCar(
      (signal) =>
        request(url, { headers: { accept: `${CAR}; version=1; order=dfs; dups=y` }, redirect: "error", signal }),
      {
        timeoutMs,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
    );
    const reader = createBlobReader({
      ...medium,
      read: async (block, callOptions) => (await car.take(block)) ?? medium.read(block, callOptions),
    });
    try {
      yield* reader.get(cid, options);
    } finally {
      await car.close();
    }
  }

  return {
    ...blocks,
    get(cid, options = {}) {
      // A leaf is one block, and an object is none of a file's: `blocks` says so.
      const many = isFileNode(cid) && (options.length ?? 1) > 0;
      return many ? getByCar(cid, options) : blocks.get(cid, options);
    },
  };
}

export declare namespace createGatewayReader {
  type Parameters = {
    /** Where it is, without `/ipfs`. */
    readonly url: string;
    /** Longest wait for one block, default 30,000. */
    readonly timeoutMs?: number;
    /** Instead of the global one: for a proxy, or other headers. */
    readonly fetch?: typeof fetch;
  };
}

type Car = {
  /** The block, when it is the next of the CAR; undefined when it has to be fetched otherwise. */
  take(cid: string): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
};

/**
 * A CAR that is read as its blocks are wanted. Blocks that nobody asks for in their order end its use, and so does whatever
 * goes wrong with it: then the same blocks are fetched one by one, and that says what is wrong. Holds one block at most.
 */
function openCar(
  ask: (signal: AbortSignal) => Promise<Response>,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Car {
  const stop = new AbortController();
  const stopped = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  const sections = sectionsOf(ask, stopped);
  let held: CarBlock | undefined;
  let ended = false;
  let last: Promise<unknown> = Promise.resolve();

  async function advance(): Promise<void> {
    const impatient = setTimeout(() => stop.abort(), timeoutMs);
    try {
      const next = await sections.next();
      if (next.done === true) ended = true;
      else held = next.value;
    } catch {
      // Not lost: the caller meets the same store again, by single blocks, with errors that say why.
      ended = true;
    } finally {
      clearTimeout(impatient);
    }
  }
  async function takeNow(cid: string): Promise<Uint8Array | undefined> {
    if (held === undefined && !ended) await advance();
    if (held?.cid !== cid) return undefined;
    const { bytes } = held;
    held = undefined;
    return bytes;
  }
  return {
    take(cid) {
      const turn = last.then(() => takeNow(cid));
      last = turn;
      return turn;
    },
    async close() {
      stop.abort();
      await last;
      await sections.return(undefined).catch(() => undefined);
    },
  };
}

async function* sectionsOf(
  ask: (signal: AbortSignal) => Promise<Response>,
  signal: AbortSignal,
): AsyncGenerator<CarBlock, void, undefined> {
  const response = await ask(signal);
  if (!(await isThere(response))) return;
  yield* readCar(bodyOf(response));
}

/** `entity-bytes` has its last byte in it. */
function entityBytes({ offset = 0, length }: BlobStore.GetOptions): { "entity-bytes"?: string } {
  if (offset === 0 && length === undefined) return {};
  return { "entity-bytes": `${offset}:${length === undefined ? "*" : offset + length - 1}` };
}

async function isThere(response: Response): Promise<boolean> {
  if (response.status === 200) return true;
  await response.body?.cancel();
  if (ABSENT.includes(response.status)) return false;
  throw Object.assign(new Error(`the gateway answered ${response.status}`), { status: response.status });
}

async function* bodyOf(response: Response): ByteSource & AsyncGenerator<Uint8Array, void, undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function isFileNode(cid: string): boolean {
  try {
    return parseCid(cid).codec === "dag-pb";
  } catch {
    return false; // `blocks` refuses it, when it is read.
  }
}

function within(ms: number, signal: CallOptions["signal"]): AbortSignal {
  const timeout = AbortSignal.timeout(ms);
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
}

function parseBase(text: string): string {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:"))
    return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  throw new PersonaError("CONFIG_INVALID", "A gateway's address is an http or https URL.", { data: { url: text } });
}
