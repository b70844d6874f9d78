import type { ImportThreads } from "./batches/batchThreads.ts";
import type { EncodedGroup } from "./encode/encodeRowGroup.ts";
import { createParquetWriter } from "./parquet.ts";
import { createRowGroupBuffer } from "./rowGroup.ts";
import type { RecordSchema, SchemaRecord } from "./schemas/recordSchema.ts";
import type { OpenSpool, SpooledBytes } from "./spool.ts";

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

export type SegmentWriter = {
  /** A promise when it must be waited for: nothing is appended before that. */
  append(record: SchemaRecord): void | Promise<void>;
  /** Records that were encoded elsewhere, behind those that were appended before. */
  addEncoded(group: EncodedGroup): Promise<void>;
  finish(): Promise<SpooledSegment>;
  discard(): Promise<void>;
};

/** Row groups that may be on their way: one is encoded while the next is filled. More only takes memory. */
const maxUnderWay = 2;

export async function createSegmentWriter(
  name: string,
  schema: RecordSchema,
  { openSpool, encode }: { readonly openSpool: OpenSpool; readonly encode: ImportThreads["encode"] },
): Promise<SegmentWriter> {
  const spool = await openSpool();
  const parquet = createParquetWriter(schema, (bytes) => spool.write(bytes));
  const buffer = createRowGroupBuffer(schema);
  let written: Promise<void> = Promise.resolve();
  let underWay: Promise<void>[] = [];

  function flush(): void | Promise<void> {
    const group = buffer.take();
    if (group === undefined) return;
    const encoded = encode(schema, group);
    if (!(encoded instanceof Promise)) return parquet.addEncoded(encoded);
    encoded.catch(handledLater);
    const before = written;
    written = (async () => {
      await before;
      await parquet.addEncoded(await encoded);
    })();
    written.catch(handledLater);
    underWay.push(written);
    if (underWay.length < maxUnderWay) return;
    const [first, ...rest] = underWay;
    underWay = rest;
    return first;
  }

  return {
    append(record) {
      if (buffer.add(record)) return flush();
    },
    async addEncoded(group) {
      await flush();
      await written;
      await parquet.addEncoded(group);
    },
    async finish() {
      await flush();
      await written;
      const summary = await parquet.finish();
      return { name, schema: schema.id, table: schema.table, ...summary, content: await spool.finish() };
    },
    async discard() {
      // Nothing is written to what is closed.
      await written.catch(handledLater);
      await spool.discard();
    },
  };
}

/** Each is awaited in its turn; until then Node shall not take it for forgotten. */
function handledLater(): void {}
