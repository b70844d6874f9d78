import type { Program } from "@persona-protocol/sdk";
import { type Dataset, openOwnDataset } from "@persona-protocol/sdk/access";
import type { Deployment } from "@persona-protocol/sdk/contracts";
import { zeroise } from "@persona-protocol/sdk/crypto";
import {
  type Column,
  type ColumnValue,
  type RecordSchema,
  readRecords,
  recordSchemas,
  type SchemaRecord,
} from "@persona-protocol/sdk/ingest";
import { type BlobReader, decryptEnvelope, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import type { FieldRow, FieldValue } from "../../../node/src/enclave/runtime/sandbox/recordBatches.ts";
import { type DatasetRecord, fromBase64 } from "../vault/records.ts";

/** Records by the id of their schema. */
export type Sample = ReadonlyMap<string, readonly SchemaRecord[]>;

const invented = 60;
/** Of each table, of the owner's own. */
export const mostOwn = 1_000;
const words = ["garden", "river", "letters", "train", "coffee", "window", "bread", "#sun", "#rain", "paper"];

/** Records that nobody has: always the same ones, of the form that the program reads. */
export function inventedSample(program: Program): Sample {
  return new Map(
    program.tables.map(({ schema }) => {
      const known = recordSchemas.get(schema);
      return [schema, known === undefined ? [] : Array.from({ length: invented }, (_, i) => inventedRecord(known, i))];
    }),
  );
}

function inventedRecord({ columns, key }: RecordSchema, at: number): SchemaRecord {
  const value = (column: Column, i: number) => {
    if (column.name === key) return `invented-${at}`;
    return column.nullable && (at + i) % 6 === 5 ? null : inventedValue(column, at * 7 + i);
  };
  return Object.fromEntries(columns.map((column, i) => [column.name, value(column, i)]));
}

function inventedValue({ type }: Column, seed: number): ColumnValue {
  const day = new Date(Date.UTC(2024, 0, 1) + (seed % 500) * 86_400_000);
  switch (type) {
    case "VARCHAR":
      return Array.from({ length: 1 + (seed % 5) }, (_, i) => words[(seed * 3 + i * i) % words.length]).join(" ");
    case "BIGINT":
      return BigInt((seed * 37) % 250);
    case "DOUBLE":
      return (seed % 90) + 0.5;
    case "DECIMAL":
      return `${seed % 90}.50`;
    case "BOOLEAN":
      return seed % 2 === 0;
    case "DATE":
      return day.toISOString().slice(0, 10);
    case "TIMESTAMP":
      return day;
    case "JSON":
      return "[]";
    default:
      return type satisfies never;
  }
}

/** Segments of an own dataset that a program could be tried on: those that are asked for, in a form that it reads. */
export const trialSegments = (program: Program, { segments }: Dataset, asked: readonly string[]) =>
  segments.filter(
    ({ name, schema, records }) =>
      records > 0 &&
      asked.includes(name) &&
      recordSchemas.has(schema) &&
      program.tables.some((table) => table.schema === schema),
  );

/**
 * The first records of an own dataset's segments, decrypted here with the owner's own key. No guardian is asked.
 * @throws PersonaError as `openOwnDataset` does
 */
export async function ownSample(
  context: { readonly deployment: Deployment; readonly store: Pick<BlobReader, "getBlock" | "get"> },
  program: Program,
  { record, asked, rootKey }: { record: DatasetRecord; asked: readonly string[]; rootKey: Uint8Array },
): Promise<Sample> {
  const { dataset } = record;
  const keyBox = { head: fromBase64(record.keyBox.head), body: fromBase64(record.keyBox.body) };
  const ownerKeyPair = await ownerKemKeyPair(rootKey);
  const { manifest, deks } = await openOwnDataset(context, { dataset, keyBox, ownerKeyPair });
  const sample = new Map<string, SchemaRecord[]>();
  try {
    for (const { index, schema } of trialSegments(program, dataset, asked)) {
      const stored = manifest.segments.find((each) => each.index === index);
      const known = recordSchemas.get(schema);
      if (stored === undefined || known === undefined) continue;
      const { version, cid } = stored;
      const ids = { datasetId: dataset.datasetId, segment: index, keyEpoch: dataset.keyEpoch, version };
      const dek = deks.get(index) ?? new Uint8Array();
      const bytes = decryptEnvelope(context.store.get(cid), { ...ids, dek });
      const records = sample.get(schema) ?? [];
      for await (const each of readRecords(known, bytes, { format: "parquet", file: schema })) {
        if (records.length >= mostOwn) break;
        records.push(each);
      }
      sample.set(schema, records);
    }
    return sample;
  } finally {
    zeroise(ownerKeyPair.privateKey, ...deks.values());
  }
}

/** Records as an enclave hands them to a program (docs/programs.md): a pseudonym of their owner, then the columns that it names. */
export function fieldRows(records: readonly SchemaRecord[], schema: string, columns: readonly string[]): FieldRow[] {
  const types = new Map(recordSchemas.get(schema)?.columns.map(({ name, type }) => [name, type]));
  return records.map((record) => [
    "0000000000000001",
    ...columns.map((name) => fieldValue(record[name] ?? null, types.get(name))),
  ]);
}

function fieldValue(value: ColumnValue, type: Column["type"] | undefined): FieldValue {
  if (value instanceof Date) return BigInt(value.getTime()) * 1_000n;
  if (type === "DATE" && typeof value === "string") return BigInt(Date.parse(`${value}T00:00:00Z`)) * 1_000n;
  if (type !== "DECIMAL" || typeof value !== "string") return value;
  // All of its 18 places, as the enclave's engine writes it.
  const [whole = "0", places = ""] = value.split(".");
  return `${whole}.${places.padEnd(18, "0")}`;
}
