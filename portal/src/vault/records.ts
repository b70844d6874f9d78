import type { Dataset } from "@persona-protocol/sdk";
import { decodeGrantPackage, encodeGrantPackage, type GrantPackage } from "@persona-protocol/sdk";
import { type Deployment, grantHashOf } from "@persona-protocol/sdk/contracts";
import { bodyForOwner, decodeKeyBoxBody, encodeKeyBoxBody } from "@persona-protocol/sdk/storage";
import type { Hex } from "viem";

/** What an owner keeps of a dataset, in the form that `persona import` writes, with what this page adds under a name of its own. */
export type DatasetRecord = {
  readonly v: 1;
  readonly kind: "persona-dataset";
  readonly chainId: number;
  readonly datasetRegistry: string;
  readonly registration: "pending" | "confirmed";
  readonly dataset: Dataset;
  /** DAG-CBOR in base64. */
  readonly keyBox: { readonly head: string; readonly body: string };
  readonly portal?: {
    readonly title: string;
    /** Unix seconds of the first and last record, by segment; null where its records have no time. */
    readonly ranges: readonly (readonly [from: number | null, to: number | null])[];
    /** The private halves of its grants. */
    readonly grants: readonly KeptGrant[];
  };
};

/** An owner's copy of a grant: the chain has its hash and limits, but neither program nor segments. */
export type KeptGrant = {
  /** `encodeGrantPackage` in base64. */
  readonly package: string;
  /** The request that it answers. */
  readonly request?: string;
  /** Unix seconds. */
  readonly at: number;
};

export type OpenedGrant = {
  readonly grantHash: Hex;
  readonly grant: GrantPackage;
  readonly request: string | undefined;
  readonly at: number;
};

/** Base64 of bytes of any length, without spreading them into one call. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

export const fromBase64 = (text: string): Uint8Array =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

export const keptGrant = (grant: GrantPackage, at: number, request?: string): KeptGrant => ({
  package: toBase64(encodeGrantPackage(grant)),
  at,
  ...(request === undefined ? {} : { request }),
});

export function openGrants(deployment: Deployment, records: readonly DatasetRecord[]): readonly OpenedGrant[] {
  return records.flatMap(({ portal }) =>
    (portal?.grants ?? []).map((kept) => {
      const grant = decodeGrantPackage(fromBase64(kept.package));
      return { grantHash: grantHashOf(deployment, grant.terms), grant, request: kept.request, at: kept.at };
    }),
  );
}

/** For the backup: guardians' shares are not the owner's to open, and are most of a record's size. */
export function forBackup(record: DatasetRecord): DatasetRecord {
  const body = decodeKeyBoxBody(fromBase64(record.keyBox.body));
  return { ...record, keyBox: { ...record.keyBox, body: toBase64(encodeKeyBoxBody(bodyForOwner(body))) } };
}
