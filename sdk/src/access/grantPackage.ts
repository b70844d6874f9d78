import { bytesToHex, type Hex, hexToBytes } from "viem";
import * as z from "zod";
import { decodeStruct, encodeStruct, type Scope, type Terms } from "../contracts/index.ts";
import { type DatasetHead, decodeCbor, encodeCbor } from "../storage/index.ts";

/** What an owner hands a requester with a grant: enough to build a job, and no key. */
export type GrantPackage = {
  readonly terms: Terms;
  readonly scope: Scope;
  /** The owner's signature when the grant is not on chain yet. */
  readonly signature: Hex | undefined;
  readonly dataset: {
    readonly version: number;
    readonly keyEpoch: number;
    readonly head: DatasetHead;
    readonly catalogue: readonly Hex[];
    readonly guardians: readonly number[];
    /** How many of them a job needs; `head.guardianSetHash` covers both. */
    readonly threshold: number;
  };
};

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= 8_192, "not bytes");
const hex32 = z
  .custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === 32, "not 32 bytes")
  .transform((value): Hex => bytesToHex(value));
const schema = z.strictObject({
  v: z.literal(1),
  terms: bytes,
  scope: bytes,
  signature: bytes.nullable(),
  dataset: z
    .strictObject({
      version: z.int().min(1),
      keyEpoch: z.int().min(0),
      head: z.strictObject({
        manifestDigest: hex32,
        keyBoxDigest: hex32,
        guardianSetHash: hex32,
        catalogueHash: hex32,
        catalogueLength: z.int().min(0).max(256),
      }),
      catalogue: z.array(hex32).max(256),
      guardians: z.array(z.int().min(1)).max(16),
      threshold: z.int().min(2),
    })
    .refine(({ threshold, guardians }) => threshold <= guardians.length, "a threshold above the number of guardians"),
});

/** Canonical DAG-CBOR, to send or to keep. */
export function encodeGrantPackage({ terms, scope, signature, dataset }: GrantPackage): Uint8Array {
  const { head } = dataset;
  return encodeCbor({
    v: 1,
    terms: encodeStruct("Terms", terms),
    scope: encodeStruct("Scope", scope),
    signature: signature === undefined ? null : hexToBytes(signature),
    dataset: {
      ...dataset,
      guardians: [...dataset.guardians],
      catalogue: dataset.catalogue.map((commitment) => hexToBytes(commitment)),
      head: {
        manifestDigest: hexToBytes(head.manifestDigest),
        keyBoxDigest: hexToBytes(head.keyBoxDigest),
        guardianSetHash: hexToBytes(head.guardianSetHash),
        catalogueHash: hexToBytes(head.catalogueHash),
        catalogueLength: head.catalogueLength,
      },
    },
  });
}

/** @throws PersonaError REQUEST_INVALID */
export function decodeGrantPackage(encoded: Uint8Array): GrantPackage {
  const { terms, scope, signature, dataset } = decodeCbor(encoded, {
    schema,
    maxBytes: 64 * 1024,
    code: "REQUEST_INVALID",
    what: "grant package",
  });
  return {
    terms: decodeStruct("Terms", terms),
    scope: decodeStruct("Scope", scope),
    signature: signature === null ? undefined : bytesToHex(signature),
    dataset,
  };
}
