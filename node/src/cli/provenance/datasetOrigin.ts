import { resolve } from "node:path";
import type { PersonaClient } from "@persona-protocol/sdk";
import { type Dataset, type DatasetPublication, openOwnDataset, readPublications } from "@persona-protocol/sdk/access";
import { createChainView, measurementPolicyAbi, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import {
  cidOfDigest,
  datasetHeadHash,
  decodeManifest,
  MAX_MANIFEST_BYTES,
  type Manifest,
  openManifestEntry,
  ownerKemKeyPair,
  type Provenance,
  type SegmentOrigin,
} from "@persona-protocol/sdk/storage";
import type { Hex } from "viem";
import { readDatasetRecord } from "../datasetRecord.ts";
import { readPassphrase } from "../files.ts";
import { unlockKeystore } from "../keystore.ts";

/** What can be said of one segment's origin. */
export type SegmentProvenance = {
  readonly index: number;
  /** Known from the owner's record alone. */
  readonly name: string | undefined;
  readonly level: Provenance;
  /** Version that wrote it, and when that was published, in block time. */
  readonly version: number;
  readonly publishedAt: number | undefined;
  /** Who published that version. `measurement`: an attested enclave of this build, under the owner's delegation. */
  readonly publishedBy: "owner" | "key" | "measurement" | undefined;
  readonly writer: Hex | undefined;
  readonly signer: Hex | undefined;
  /** Of a writer that is a measurement: does governance allow it now? */
  readonly measurementAllowed: boolean | undefined;
  /**
   * Of an entry that names an enclave: does the registry have this key with this build, and is that allowed now? Whoever wrote the entry could name
   * another's; but a process that is no attested enclave has no key there.
   */
  readonly enclaveRegistered: boolean | undefined;
  /** From the sealed entry; undefined without the root key, and where the segment says nothing of it. */
  readonly origin: SegmentOrigin | undefined;
};

export type DatasetProvenance = {
  readonly datasetId: Hex;
  readonly version: number;
  readonly publishedAt: number | undefined;
  readonly status: string;
  readonly isOpened: boolean;
  readonly segments: readonly SegmentProvenance[];
};

/** The record is private, and opens nothing without the root key. */
export type OriginFlags = {
  readonly keystore?: string;
  readonly keystorePassphraseFile?: string;
};

type Persona = Pick<PersonaClient, "client" | "deployment"> & {
  readonly store: { getBlock(cid: string, options?: { maxBytes?: number }): Promise<Uint8Array> };
};

/**
 * Where the segments of a dataset come from, out of its newest manifest and the registry's events; with its record also the names,
 * with the root key also what is sealed.
 * @throws PersonaError DATASET_UNKNOWN, CHAIN_UNREACHABLE, BLOB_NOT_FOUND, MANIFEST_INVALID, and of the record and the key
 */
export async function datasetProvenance(
  persona: Persona,
  what: { readonly datasetId: Hex } | { readonly record: string },
  flags: OriginFlags,
): Promise<DatasetProvenance> {
  const { client, deployment, store } = persona;
  const record = "record" in what ? await readDatasetRecord(resolve(what.record)) : undefined;
  const datasetId = "record" in what ? (record?.dataset.datasetId ?? "0x") : what.datasetId;
  const chain = createChainView(client, deployment);
  const { number } = await chain.block("latest");
  const { status, headHash } = await chain.dataset(datasetId, number);
  if (status === "none")
    throw new PersonaError("DATASET_UNKNOWN", "The chain has no such dataset.", { data: { datasetId } });
  const publications = await readPublications(persona, datasetId, number);
  const newest = publications.at(-1);
  if (newest === undefined || datasetHeadHash(newest.head) !== headHash)
    throw new PersonaError("CHAIN_UNREACHABLE", "The endpoint does not give all events of the dataset.", {
      data: { datasetId },
    });
  const digest = newest.head.manifestDigest;
  const bytes = await store.getBlock(cidOfDigest(digest, "dag-cbor"), { maxBytes: MAX_MANIFEST_BYTES });
  const manifest = decodeManifest(bytes, { digest, datasetId });
  const times = await timesOf(
    persona,
    publications,
    new Set([newest.version, ...manifest.segments.map((s) => s.version)]),
  );
  const dataset = record && { ...record.dataset, version: newest.version, head: newest.head };
  const origins =
    dataset === undefined || record === undefined || flags.keystore === undefined
      ? undefined
      : await openOrigins(persona, { dataset, keyBox: record.keyBox }, flags.keystore, flags.keystorePassphraseFile);
  const segments = await Promise.all(
    manifest.segments.map(async ({ index, provenance: level, version }): Promise<SegmentProvenance> => {
      const { writer, ...publication } = publications.find((one) => one.version === version) ?? {};
      const isMeasurement = writer?.kind === 2;
      return {
        index,
        name: dataset?.segments.find((segment) => segment.index === index)?.name,
        level,
        version,
        publishedAt: times.get(version),
        publishedBy: "version" in publication ? byOf(writer) : undefined,
        writer: writer?.id,
        signer: writer?.signer,
        measurementAllowed: isMeasurement ? await isAllowed(persona, writer.id) : undefined,
        enclaveRegistered: await isRegistered(persona, origins?.get(index)),
        origin: origins?.get(index),
      };
    }),
  );
  const { version } = newest;
  return { datasetId, version, publishedAt: times.get(version), status, isOpened: origins !== undefined, segments };
}

const byOf = (writer: DatasetPublication["writer"]) =>
  writer === undefined ? "owner" : writer.kind === 2 ? "measurement" : "key";

async function timesOf(
  { client }: Persona,
  publications: readonly DatasetPublication[],
  wanted: ReadonlySet<number>,
): Promise<Map<number, number>> {
  const chosen = publications.filter(({ version }) => wanted.has(version));
  const times = await Promise.all(
    chosen.map(async ({ version, blockNumber }) => {
      const { timestamp } = await client.getBlock({ blockNumber });
      return [version, Number(timestamp)] as const;
    }),
  );
  return new Map(times);
}

async function isAllowed({ client, deployment }: Persona, measurement: Hex): Promise<boolean> {
  return client.readContract({
    address: deployment.measurementPolicy,
    abi: measurementPolicyAbi,
    functionName: "isAllowed",
    args: [measurement],
  });
}

async function isRegistered(persona: Persona, origin: SegmentOrigin | undefined): Promise<boolean | undefined> {
  if (origin === undefined || origin.enclave === null) return undefined;
  const { signer, measurement } = origin.enclave;
  const key = await persona.client.readContract({
    address: persona.deployment.nodeRegistry,
    abi: nodeRegistryAbi,
    functionName: "enclaveKeyOf",
    args: [signer],
  });
  // Destroyed at the end of its process, it was this build's all the same.
  return key.nodeId !== 0 && key.measurement === measurement && (await isAllowed(persona, measurement));
}

async function openOrigins(
  { deployment, store }: Persona,
  own: { readonly dataset: Dataset; readonly keyBox: { readonly head: Uint8Array; readonly body: Uint8Array } },
  keystore: string,
  passphraseFile: string | undefined,
): Promise<Map<number, SegmentOrigin | undefined>> {
  if (passphraseFile === undefined)
    throw new PersonaError("USAGE", "With --keystore, say also --keystore-passphrase-file.");
  const rootKey = await unlockKeystore(resolve(keystore), "owner-root", await readPassphrase(resolve(passphraseFile)));
  try {
    const ownerKeyPair = await ownerKemKeyPair(rootKey);
    try {
      const { manifest, deks } = await openOwnDataset({ deployment, store }, { ...own, ownerKeyPair });
      try {
        return await openEntries(own.dataset, manifest, deks);
      } finally {
        zeroise(...deks.values());
      }
    } finally {
      zeroise(ownerKeyPair.privateKey);
    }
  } finally {
    zeroise(rootKey);
  }
}

async function openEntries(
  { datasetId, keyEpoch }: Dataset,
  { segments }: Manifest,
  deks: ReadonlyMap<number, Uint8Array>,
): Promise<Map<number, SegmentOrigin | undefined>> {
  const origins = new Map<number, SegmentOrigin | undefined>();
  for (const { index, version, entry } of segments) {
    const ids = { datasetId, segment: index, keyEpoch, version, dek: deks.get(index) ?? new Uint8Array() };
    try {
      origins.set(index, (await openManifestEntry(entry, ids)).origin);
    } catch (error) {
      // A writer without its key has written it: it says nothing that could be believed.
      if (!isPersonaError(error, "MANIFEST_INVALID")) throw error;
    }
  }
  return origins;
}
