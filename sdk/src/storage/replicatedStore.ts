import type { Hex } from "viem";
import { sha256Hex } from "../crypto/index.ts";
import { isPersonaError, PersonaError } from "../errors/index.ts";
import { type BlobReader, type BlobStore, type CallOptions, MAX_BLOCK_BYTES } from "./blobStore.ts";
import { createBlobReader, type ReadMedium } from "./blockStore.ts";
import { cidOfDigest, parseCid } from "./cid.ts";
import { fanOut, type Sink, TOO_FEW_LEFT } from "./fanOut.ts";
import { readBack } from "./readBack.ts";
import { type NamedStore, reportFailure, type StoreReport, storesInsufficient } from "./storeReport.ts";
import { writeUnixFs } from "./unixfs.ts";
import { within } from "./within.ts";

/** No timer runs longer, a bit more than 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A store of stores. */
export type ReplicatedStore = BlobStore & {
  /**
   * Resolves when as many stores as are wanted have given back the blob and all that it names, every block checked.
   *
   * @throws STORES_INSUFFICIENT
   */
  confirm(cid: string, options?: CallOptions): Promise<void>;
};

/**
 * Keeps every blob in several stores. Writing succeeds when `wanted` of them have it; reading takes each block from the first
 * that gives it, and asks the next as soon as one fails or is slow. A store that lies, is slow, full or gone costs time and
 * is reported; it is not asked first again until it has answered.
 *
 * @throws CONFIG_INVALID when `wanted` is not from 1 to the number of stores, or two stores have one name.
 */
export function createReplicatedStore(parameters: createReplicatedStore.Parameters): ReplicatedStore {
  const { stores, wanted, onReport = () => {}, stallMs = 30_000, finishMs = 600_000 } = parameters;
  const names = new Set(stores.map(({ name }) => name));
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > stores.length || names.size < stores.length) {
    throw new PersonaError(
      "CONFIG_INVALID",
      "The wanted number of copies is from 1 to that of the stores, each with its own name.",
      {
        data: { wanted, stores: [...names].join(" ") },
      },
    );
  }
  const reader = createBlobReader(readFromAny(stores, parameters));

  /** Asks all side by side; what fails is reported. */
  async function askAll<T>(
    cid: string,
    options: CallOptions,
    work: (store: BlobStore, signal: AbortSignal) => Promise<T>,
    limitMs = finishMs,
  ) {
    const outcomes = await Promise.all(
      stores.map(async ({ name, store }) => {
        try {
          return { value: await within(limitMs, options, (signal) => work(store, signal)) };
        } catch (error) {
          return { report: reportFailure(name, cid, blame(error, options)) };
        }
      }),
    );
    const reports = outcomes.flatMap(({ report }) => (report === undefined ? [] : [report]));
    reports.forEach(onReport);
    return { values: outcomes.flatMap((outcome) => ("value" in outcome ? [outcome.value as T] : [])), reports };
  }
  const requireWanted = (
    action: string,
    cid: string,
    good: number,
    reports: readonly StoreReport[],
    least = wanted,
  ) => {
    if (good >= least) return;
    if (reports.every(({ status }) => status === "missing"))
      throw new PersonaError("BLOB_NOT_FOUND", "No store has such a block.", { data: { cid } });
    throw storesInsufficient(action, { cid, wanted: least, good, reports });
  };

  return {
    ...reader,
    async put(source, options = {}) {
      requireLive(options);
      const sinks = stores.map(
        ({ store }): Sink<BlobStore.PutResult> =>
          async (branch, signal) =>
            store.put(branch, { signal }),
      );
      // It stores nothing: it says which CID the bytes have, whatever a store says.
      const reference: Sink<BlobStore.PutResult> = (branch, signal) =>
        writeUnixFs(branch, async () => signal.throwIfAborted());
      const [truth, ...outcomes] = await fanOut(
        source instanceof Uint8Array ? [source] : source,
        [reference, ...sinks],
        // Once too few stores are left, nobody need read the rest.
        { stallMs, finishMs, least: wanted + 1, signal: options.signal },
      );
      requireLive(options);
      const known = truth?.status === "fulfilled" ? truth.value : undefined;
      const cid = known?.cid ?? "";
      const reports = outcomes.flatMap((outcome, at): StoreReport[] => {
        const store = stores[at]?.name ?? "";
        if (outcome.status === "rejected") {
          if (outcome.reason === TOO_FEW_LEFT)
            return [{ store, cid, status: "failed", reason: "stopped, for too few others were left" }];
          return [reportFailure(store, cid, outcome.reason)];
        }
        const got = outcome.value.cid;
        if (got === cid) return [];
        return [{ store, cid, status: "wrong", got, wanted: cid, reason: "it stored it under another CID" }];
      });
      reports.forEach(onReport);
      const good = stores.length - reports.length;
      if (known === undefined || good < wanted)
        throw storesInsufficient("store the blob", { ...(known === undefined ? {} : { cid }), wanted, good, reports });
      return known;
    },
    async putBlock(bytes, codec, options = {}) {
      if (bytes.length > MAX_BLOCK_BYTES) {
        throw new PersonaError("STORE_FAILED", "A block is larger than any store takes.", {
          data: { kind: "refused", bytes: bytes.length, maxBytes: MAX_BLOCK_BYTES },
        });
      }
      const digest: Hex = sha256Hex(bytes);
      const cid = cidOfDigest(digest, codec);
      const { values, reports } = await askAll(cid, options, async (store, signal) => {
        const kept = await store.putBlock(bytes, codec, { signal });
        if (kept.cid === cid) return kept;
        throw new PersonaError("DIGEST_MISMATCH", "The store kept the block under another CID.", {
          data: { cid, got: kept.cid, wanted: cid },
        });
      });
      if (values.length < wanted)
        throw storesInsufficient("store the block", { cid, wanted, good: values.length, reports });
      return { cid, digest };
    },
    async pin(cid, options = {}) {
      parseCid(cid);
      const { values, reports } = await askAll(cid, options, (store, signal) => store.pin(cid, { signal }));
      requireWanted("pin the blob", cid, values.length, reports);
    },
    async unpin(cid, options = {}) {
      parseCid(cid);
      // All of them: what one store keeps has not been let go.
      const { values, reports } = await askAll(cid, options, (store, signal) => store.unpin(cid, { signal }));
      if (values.length < stores.length)
        throw storesInsufficient("unpin the blob", { cid, wanted: stores.length, good: values.length, reports });
    },
    async stat(cid, options = {}) {
      const { size } = await reader.stat(cid, options);
      const { values } = await askAll(cid, options, (store, signal) => store.stat(cid, { signal }));
      return { size, pinned: values.filter(({ pinned }) => pinned).length >= wanted };
    },
    async confirm(cid, options = {}) {
      // As long as blocks come: a large dataset takes its time, and each block has its own.
      const readAll = (store: BlobStore, signal: AbortSignal) => readBack(store, cid, { signal, stallMs });
      const { values, reports } = await askAll(cid, options, readAll, MAX_TIMER_MS);
      if (values.length < wanted)
        throw storesInsufficient("give the blob back", { cid, wanted, good: values.length, reports });
    },
  };
}

export declare namespace createReplicatedStore {
  type Parameters = {
    readonly stores: readonly NamedStore[];
    /** How many of them must have what is put. */
    readonly wanted: number;
    readonly onReport?: (report: StoreReport) => void;
    /** Longest that a store may take for a mebibyte, default 30,000. */
    readonly stallMs?: number;
    /** Longest that a store may take to end a call, default 600,000: Kubo visits every block that it pins. */
    readonly finishMs?: number;
    /** How long a block is waited for before the next store is asked too, default 2,000. */
    readonly hedgeMs?: number;
  };
}

/** A medium that has what any of the stores has. Each block that a store gives was checked there, and is again by the reader. */
export function readFromAny(
  stores: readonly NamedStore<BlobReader>[],
  {
    onReport = () => {},
    hedgeMs = 2_000,
    stallMs = 30_000,
  }: Pick<createReplicatedStore.Parameters, "onReport" | "hedgeMs" | "stallMs">,
): ReadMedium {
  /** Failures since the last answer; who has the fewest is asked first. */
  const failures = new Map<string, number>();
  const inOrder = () => [...stores].sort((a, b) => (failures.get(a.name) ?? 0) - (failures.get(b.name) ?? 0));

  return {
    read(cid, options) {
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | undefined>();
      const queue = inOrder();
      const errors: unknown[] = [];
      const stop = new AbortController();
      let asked = 0;
      let hedge: ReturnType<typeof setTimeout> | undefined;
      const end = (): void => {
        clearTimeout(hedge);
        stop.abort();
      };
      const askNext = (): void => {
        clearTimeout(hedge);
        const next = queue.shift();
        if (next === undefined) return;
        asked += 1;
        const { name, store } = next;
        hedge = setTimeout(askNext, hedgeMs);
        const signal = AbortSignal.any([stop.signal, ...(options.signal === undefined ? [] : [options.signal])]);
        within(stallMs, { signal }, (limited) => store.getBlock(cid, { signal: limited })).then(
          (bytes) => {
            failures.set(name, 0);
            end();
            resolve(bytes);
          },
          (error: unknown) => {
            if (stop.signal.aborted) return;
            if (options.signal?.aborted === true) {
              end();
              reject(error);
              return;
            }
            const blamed = blame(error, options);
            errors.push(blamed);
            const report = reportFailure(name, cid, blamed);
            if (report.status !== "missing") failures.set(name, (failures.get(name) ?? 0) + 1);
            onReport(report);
            askNext();
            if (errors.length < asked || queue.length > 0) return;
            end();
            const worst = worstOf(errors);
            if (isPersonaError(worst, "BLOB_NOT_FOUND")) resolve(undefined);
            else reject(worst);
          },
        );
      };
      askNext();
      return promise;
    },
    async has(cid, options) {
      const answers = await Promise.allSettled(
        stores.map(({ store }) => within(stallMs, options, (signal) => store.has(cid, { signal }))),
      );
      if (answers.some((answer) => answer.status === "fulfilled" && answer.value)) return true;
      const failed = answers.find((answer) => answer.status === "rejected");
      if (failed !== undefined) throw failed.reason;
      return false;
    },
  };
}

/** A lie is worse than a failure, and that worse than "I do not have it". */
function worstOf(errors: readonly unknown[]): unknown {
  const rank = (error: unknown) =>
    isPersonaError(error, "BLOB_NOT_FOUND") ? 0 : isPersonaError(error, "DIGEST_MISMATCH") ? 2 : 1;
  return errors.reduce((worst, error) => (rank(error) > rank(worst) ? error : worst));
}

/** A caller who stops is no fault of a store. */
function blame(error: unknown, options: CallOptions): unknown {
  requireLive(options);
  return error;
}

/** @throws CANCELLED when the caller has stopped. */
export function requireLive({ signal }: CallOptions): void {
  if (signal?.aborted === true)
    throw new PersonaError("CANCELLED", "The stores were told to stop.", { cause: signal.reason });
}
