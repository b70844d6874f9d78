import { createParquetWriter } from "./parquet.ts";
import { createRowGroupBuffer, type RowGroup } from "./rowGroup.ts";
import type { RecordSchema, SchemaRecord } from "./schemas/recordSchema.ts";
import { type OpenSpool, openMemorySpool, type SpooledBytes } from "./spool.ts";

/** One segment in clear, ready to be encrypted. Never write its content to disk or log as it is. */
export type SpooledSegment = {
  readonly name: string;
  /** Id of the schema, such as `persona:post@1`. */
  readonly schema: string;
  readonly table: string;
  readonly records: number;
  /** Earliest and latest time of its records; null when they have none. */
  readonly from: Date | null;
  readonly to: Date | null;
  /** A Parquet file. */
  readonly content: SpooledBytes;
};

/** Where the row groups of one segment become a Parquet file: here, or on another thread. */
export type SegmentSink = {
  /** A promise when it must be waited for: no other group before that. */
  add(group: RowGroup): void | Promise<void>;
  finish(): Promise<Pick<SpooledSegment, "records" | "from" | "to" | "content">>;
  /** Lets everything go. */
  discard(): Promise<void>;
};

export type OpenSegmentSink = (schema: RecordSchema) => Promise<SegmentSink>;

/** Encodes on this thread, into spools of this kind. */
export function sinksInto(openSpool: OpenSpool): OpenSegmentSink {
  return async (schema) => {
    const spool = await openSpool();
    const parquet = createParquetWriter(schema, (bytes) => spool.write(bytes));
    return {
      add: (group) => parquet.add(group),
      finish: async () => ({ ...(await parquet.finish()), content: await spool.finish() }),
      discard: () => spool.discard(),
    };
  };
}

export const memorySinks: OpenSegmentSink = sinksInto(openMemorySpool);

export type SegmentWriter = {
  /** A promise when the sink must be waited for: nothing is appended before that. */
  append(record: SchemaRecord): void | Promise<void>;
  finish(): Promise<SpooledSegment>;
  discard(): Promise<void>;
};

export async function createSegmentWriter(
  name: string,
  schema: RecordSchema,
  openSink: OpenSegmentSink,
): Promise<SegmentWriter> {
  const sink = await openSink(schema);
  const buffer = createRowGroupBuffer(schema);

  function flush(): void | Promise<void> {
    const group = buffer.take();
    if (group !== undefined) return sink.add(group);
  }

  return {
    append(record) {
      if (buffer.add(record)) return flush();
    },
    async finish() {
      await flush();
      return { name, schema: schema.id, table: schema.table, ...(await sink.finish()) };
    },
    discard: () => sink.discard(),
  };
}
