import { bytesToHex, type Hex, hexToBytes } from "viem";
import { decodeCoreStruct, encodeCoreStruct } from "../contracts/coreStructs.ts";
import type { Scope, Terms } from "../contracts/structs.ts";
import { decodeCbor, encodeCbor } from "../storage/cbor.ts";
import type { DatasetHead } from "../storage/datasetHead.ts";
import { bytesOf, bytesUpTo, integer, list, mapped, nullable, object, oneOf, where } from "../storage/decoders.ts";

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
    /** Where this version was published, as the chain's events say; found out by the SDK, and not handed over. */
    readonly published?: readonly [block: number, index: number];
  };
};

const bytes = bytesUpTo(8_192);
const hex32 = mapped(bytesOf(32), (value): Hex => bytesToHex(value));
const schema = object({
  v: oneOf(1),
  terms: bytes,
  scope: bytes,
  signature: nullable(bytes),
  dataset: where(
    object({
      version: integer(1),
      keyEpoch: integer(0),
      head: object({
        manifestDigest: hex32,
        keyBoxDigest: hex32,
        guardianSetHash: hex32,
        catalogueHash: hex32,
        catalogueLength: integer(0, 256),
      }),
      catalogue: list(hex32, 0, 256),
      guardians: list(integer(1), 0, 16),
      threshold: integer(2),
    }),
    ({ threshold, guardians }) => threshold <= guardians.length,
    "a threshold above the number of guardians",
  ),
});

/** Canonical DAG-CBOR, to send or to keep. */
export function encodeGrantPackage({ terms, scope, signature, dataset }: GrantPackage): Uint8Array {
  const { head } = dataset;
  return encodeCbor({
    v: 1,
    terms: encodeCoreStruct("Terms", terms),
    scope: encodeCoreStruct("Scope", scope),
    signature: signature === undefined ? null : hexToBytes(signature),
    dataset: {
      version: dataset.version,
      keyEpoch: dataset.keyEpoch,
      threshold: dataset.threshold,
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
    terms: decodeCoreStruct("Terms", terms),
    scope: decodeCoreStruct("Scope", scope),
    signature: signature === null ? undefined : bytesToHex(signature),
    dataset,
  };
}
