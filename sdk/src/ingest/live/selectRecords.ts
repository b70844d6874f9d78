import { PersonaError } from "../../errors/index.ts";
import { writeParquet } from "../parquet.ts";
import { openParquet } from "../parquetFile/openParquet.ts";
import { extraSchema } from "../schemas/extraSchema.ts";
import type { RecordSchema, SchemaRecord } from "../schemas/recordSchema.ts";
import { recordSchemas } from "../schemas/recordSchemas.ts";

/** A segment in the clear. */
export type RecordPart = { readonly name: string; readonly schema: string; readonly bytes: Uint8Array };

/** @returns whether a record with this key of this segment stays */
export type KeepsRecord = (segment: string, key: string) => boolean;

/**
 * A segment's file with those of its records that are to stay: what a run says is gone is dropped from a dataset's earlier parts by
 * it, and what the dataset has already from a new part. Of `extra` a row goes with its record.
 *
 * @returns the same bytes when everything stays
 * @throws CONFIG_INVALID for a schema that this version does not know, and errors of `openParquet`
 */
export async function selectRecords(
  part: RecordPart,
  keeps: KeepsRecord,
): Promise<{ readonly bytes: Uint8Array; readonly records: number; readonly dropped: number }> {
  const schema = schemaOf(part);
  const kept: SchemaRecord[] = [];
  let dropped = 0;
  for await (const { record, isKept } of recordsOf(part, schema, keeps)) {
    if (isKept) kept.push(record);
    else dropped += 1;
  }
  if (dropped === 0) return { bytes: part.bytes, records: kept.length, dropped };
  const { bytes } = await writeParquet(schema, kept);
  return { bytes, records: kept.length, dropped };
}

/**
 * What a segment holds after a run: its records but for those that are gone or came anew, and what the run brought.
 *
 * @param keeps what of the earlier part stays; of two records with one key the later one does
 */
export async function joinRecords(
  before: RecordPart | undefined,
  brought: RecordPart,
  keeps: KeepsRecord,
): Promise<{
  readonly bytes: Uint8Array;
  readonly records: number;
  readonly from: Date | null;
  readonly to: Date | null;
}> {
  const schema = schemaOf(brought);
  const all: SchemaRecord[] = [];
  const anew = new Set<string>();
  for await (const { record, key } of recordsOf(brought, schema, () => true)) {
    if (key !== undefined) anew.add(key);
    all.push(record);
  }
  const earlier: SchemaRecord[] = [];
  if (before !== undefined) {
    for await (const { record, key, isKept } of recordsOf(before, schema, keeps)) {
      if (isKept && (key === undefined || !anew.has(key))) earlier.push(record);
    }
  }
  const records = [...earlier, ...all];
  const { bytes } = await writeParquet(schema, records);
  const times = records.flatMap((record) => timeOf(schema, record));
  const [from, to] = [times.reduce(least, Number.POSITIVE_INFINITY), times.reduce(most, Number.NEGATIVE_INFINITY)];
  return {
    bytes,
    records: records.length,
    from: times.length === 0 ? null : new Date(from),
    to: times.length === 0 ? null : new Date(to),
  };
}

const least = (a: number, b: number): number => Math.min(a, b);
const most = (a: number, b: number): number => Math.max(a, b);

function timeOf({ time }: RecordSchema, record: SchemaRecord): number[] {
  const value = time === null ? null : record[time];
  if (value instanceof Date) return [value.getTime()];
  // A day counts from its beginning in UTC.
  return typeof value === "string" ? [Date.parse(`${value}T00:00:00Z`)] : [];
}

function schemaOf({ schema }: RecordPart): RecordSchema {
  const known = recordSchemas.get(schema);
  if (known !== undefined) return known;
  throw new PersonaError("CONFIG_INVALID", "The segment is of a schema that this version does not know.", {
    data: { schema },
  });
}

/** Records as they were written, each with its key: of `extra` the segment and id of the record that it belongs to. */
async function* recordsOf(
  part: RecordPart,
  schema: RecordSchema,
  keeps: KeepsRecord,
): AsyncGenerator<{ readonly record: SchemaRecord; readonly key: string | undefined; readonly isKept: boolean }> {
  const isExtra = schema === extraSchema;
  for await (const row of openParquet(part.bytes, { file: `segment ${part.name}` }).rows(
    schema.columns.map(({ name }) => name),
  )) {
    const values = schema.columns.map(({ name, type }, at) => {
      const value = row[at] ?? null;
      return [name, type === "DATE" && value instanceof Date ? value.toISOString().slice(0, 10) : value] as const;
    });
    const record = Object.fromEntries(values) as SchemaRecord;
    const id = isExtra ? record["id"] : schema.key === null ? null : record[schema.key];
    const segment = isExtra ? record["segment"] : part.name;
    const hasKey = typeof id === "string" && typeof segment === "string";
    yield {
      record,
      key: hasKey ? (isExtra ? `${segment} ${id}` : id) : undefined,
      isKept: !hasKey || keeps(segment, id),
    };
  }
}
