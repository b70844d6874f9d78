import type { Dataset, publishDataset } from "@persona-protocol/sdk/access";
import type { Deployment } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Hex, isHex } from "viem";
import { z } from "zod";
import { readSmallFile } from "./files.ts";

/**
 * What an owner keeps of a dataset: names and counts, which the chain does not know, and the KeyBox, which opens every segment
 * with the root key. Private, but no key by itself.
 */
export type DatasetRecord = {
  readonly v: 1;
  readonly kind: "persona-dataset";
  readonly chainId: number;
  readonly datasetRegistry: string;
  /**
   * Pending from before the transaction is sent until its receipt was seen. A record that stays pending may be of a dataset that
   * is registered all the same: the chain knows, by `dataset.datasetId`.
   */
  readonly registration: "pending" | "confirmed";
  readonly dataset: Dataset;
  /** DAG-CBOR in base64. */
  readonly keyBox: { readonly head: string; readonly body: string };
};

export function encodeDatasetRecord(
  { chainId, datasetRegistry }: Deployment,
  { dataset, keyBox }: publishDataset.Prepared,
  registration: DatasetRecord["registration"],
): string {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  const record: DatasetRecord = {
    v: 1,
    kind: "persona-dataset",
    chainId,
    datasetRegistry,
    registration,
    dataset,
    keyBox: { head: base64(keyBox.head), body: base64(keyBox.body) },
  };
  return `${JSON.stringify(record, null, 2)}\n`;
}

/**
 * A record as the owner has kept it, all of it.
 * @throws PersonaError CONFIG_INVALID when the file is no record of a dataset.
 */
export async function readDatasetRecord(
  file: string,
): Promise<publishDataset.Prepared & Pick<DatasetRecord, "chainId" | "datasetRegistry">> {
  const record = await readRecord(file, recordSchema);
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
  const { chainId, datasetRegistry, dataset, keyBox } = record;
  return { chainId, datasetRegistry, dataset, keyBox: { head: bytes(keyBox.head), body: bytes(keyBox.body) } };
}

const digest = z.custom<Hex>((value) => isHex(value) && value.length === 66, "expected 32 bytes in hex");
/** What commands about stored datasets need of a record; the rest is passed over. */
const storedSchema = z.object({
  kind: z.literal("persona-dataset"),
  chainId: z.int(),
  dataset: z.object({
    datasetId: digest,
    head: z.object({ manifestDigest: digest, keyBoxDigest: digest }),
  }),
});
const maxRecordBytes = 16 * 2 ** 20;

export type StoredDataset = z.infer<typeof storedSchema>;

const base64 = z.base64();
const count = z.int().min(0);
const recordSchema = z.object({
  v: z.literal(1),
  kind: z.literal("persona-dataset"),
  chainId: z.int(),
  datasetRegistry: z.string(),
  dataset: z.object({
    datasetId: digest,
    owner: z.custom<Hex>((value) => isHex(value) && value.length === 42, "expected an address"),
    version: z.int().min(1),
    keyEpoch: z.int().min(1),
    head: z.object({
      manifestDigest: digest,
      keyBoxDigest: digest,
      guardianSetHash: digest,
      catalogueHash: digest,
      catalogueLength: count,
    }),
    catalogue: z.array(digest),
    threshold: z.int().min(1),
    guardians: z.array(z.int().min(1)),
    segments: z.array(
      z.object({ index: count, name: z.string(), schema: z.string(), records: count, cid: z.string() }),
    ),
  }),
  keyBox: z.object({ head: base64, body: base64 }),
});

/** @throws PersonaError CONFIG_INVALID when the file is no record of a dataset. */
export async function readStoredDataset(file: string): Promise<StoredDataset> {
  return readRecord(file, storedSchema);
}

async function readRecord<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readSmallFile(file, maxRecordBytes, "CONFIG_INVALID");
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new PersonaError("CONFIG_INVALID", `${file} is no record of a dataset.`, { data: { file }, cause });
  }
}
