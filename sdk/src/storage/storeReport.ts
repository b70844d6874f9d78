import { isPersonaError, PersonaError } from "../errors/index.ts";
import type { BlobReader, BlobStore } from "./blobStore.ts";
import { type StoreFailureKind, storeFailureKind } from "./storeFailure.ts";

/** A store among several, by the name its owner gave it. */
export type NamedStore<store extends BlobReader = BlobStore> = { readonly name: string; readonly store: store };

/**
 * How a store stands to a blob: `whole`; `unpinned` (there, until its next garbage collection); `missing` (a block at least);
 * `wrong` (it gave bytes that are not those of the CID); or why it does not work, as in STORE_FAILED.
 */
export type StoreStatus = "whole" | "unpinned" | "missing" | "wrong" | StoreFailureKind;

export type StoreReport = {
  readonly store: string;
  /** The block or blob in question. */
  readonly cid: string;
  readonly status: StoreStatus;
  /** Both digests, where the status is `wrong`. */
  readonly got?: string;
  readonly wanted?: string;
  /** In the store's own words. */
  readonly reason?: string;
};

/** What a store threw, as data. CANCELLED is not a store's fault, and is thrown on. */
export function reportFailure(store: string, cid: string, error: unknown): StoreReport {
  if (!isPersonaError(error)) {
    const reason = error instanceof Error ? error.message.slice(0, 300) : String(error).slice(0, 300);
    return { store, cid, status: storeFailureKind(error), reason };
  }
  const { code, data } = error;
  if (code === "CANCELLED") throw error;
  const block = typeof data["cid"] === "string" ? data["cid"] : cid;
  if (code === "BLOB_NOT_FOUND") return { store, cid: block, status: "missing" };
  if (code === "STORE_FAILED") {
    const kind = (data["kind"] ?? "failed") as StoreFailureKind;
    return { store, cid: block, status: kind, reason: String(data["reason"] ?? error.shortMessage) };
  }
  const digests = data["got"] === undefined ? {} : { got: String(data["got"]), wanted: String(data["wanted"]) };
  return { store, cid: block, status: "wrong", reason: error.shortMessage, ...digests };
}

/** Too few stores did what was asked; the error says what each of the others had. */
export function storesInsufficient(
  action: string,
  { cid, wanted, good, reports }: { cid?: string; wanted: number; good: number; reports: readonly StoreReport[] },
): PersonaError {
  const failures = Object.fromEntries(
    reports.map(({ store, status, reason }) => [store, reason === undefined ? status : `${status}: ${reason}`]),
  );
  return new PersonaError("STORES_INSUFFICIENT", `Too few stores could ${action}.`, {
    data: { ...(cid === undefined ? {} : { cid }), wanted, got: good, ...failures },
  });
}
