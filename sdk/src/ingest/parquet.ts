import { ByteWriter, ParquetWriter as HyparquetWriter } from "hyparquet-writer";
import { concatBytes } from "../crypto/bytes.ts";
import { type EncodedGroup, encodeRowGroup } from "./encode/encodeRowGroup.ts";
import { parquetColumns } from "./encode/parquetColumns.ts";
import { createRowGroupBuffer, type RowGroup } from "./rowGroup.ts";
import type { RecordSchema, SchemaRecord } from "./schemas/index.ts";

/** What a manifest entry needs to know of a Parquet file. */
export type ParquetSummary = {
  readonly records: number;
  /** Earliest and latest value of the schema's time column; null when it has none or all are null. */
  readonly from: Date | null;
  readonly to: Date | null;
};

/** A finished Parquet file, whole in memory. */
export type ParquetFile = ParquetSummary & { readonly bytes: Uint8Array<ArrayBuffer> };

export type ParquetWriter = {
  /** A promise when `write` gave one: no other group before that. */
  add(group: RowGroup): void | Promise<void>;
  /** The same for a group of this schema that was encoded elsewhere, which it takes over. */
  addEncoded(group: EncodedGroup): void | Promise<void>;
  /** Ends the file. The writer cannot be used again. */
  finish(): Promise<ParquetSummary>;
};

/**
 * Writes records of one schema as Parquet (snappy), row group by row group, of which it keeps the entry for the table of contents.
 * `write` gets the file in pieces, and has done with one when it returns or its promise is fulfilled. The same groups give the same
 * bytes, whoever encoded them: no clock, no random value, no version of a tool is in the file.
 */
export function createParquetWriter(
  schema: RecordSchema,
  write: (bytes: Uint8Array) => void | Promise<void>,
): ParquetWriter {
  const output = new ByteWriter();
  const parquet = new HyparquetWriter({
    writer: output,
    schema: parquetColumns(schema),
    codec: "SNAPPY",
    kvMetadata: [{ key: "persona.schema", value: schema.id }],
    createdBy: "persona-protocol",
  });
  let records = 0;
  let from: Date | null = null;
  let to: Date | null = null;

  function handOn(): void | Promise<void> {
    const bytes = output.getBytes();
    // Its place in the file stays; its memory is used again.
    output.index = 0;
    return write(bytes);
  }

  /** The groups stand one behind the other: what says where something is moves with them. */
  function addEncoded({ chunks, bytes, ...group }: EncodedGroup): void | Promise<void> {
    const moved = output.offset;
    for (const chunk of chunks) {
      chunk.file_offset += BigInt(moved);
      const { meta_data: about } = chunk;
      if (about === undefined) continue;
      about.data_page_offset += BigInt(moved);
      if (about.dictionary_page_offset !== undefined) about.dictionary_page_offset += BigInt(moved);
    }
    parquet.row_groups.push({
      columns: [...chunks],
      total_byte_size: chunks.reduce((sum, chunk) => sum + (chunk.meta_data?.total_uncompressed_size ?? 0n), 0n),
      total_compressed_size: BigInt(bytes.length),
      num_rows: BigInt(group.records),
    });
    parquet.num_rows += BigInt(group.records);
    records += group.records;
    if (group.from !== null && (from === null || group.from < from)) from = group.from;
    if (group.to !== null && (to === null || group.to > to)) to = group.to;
    // The beginning of the file is still in it.
    const before = output.index > 0 ? handOn() : undefined;
    output.offset += bytes.length;
    return before === undefined ? write(bytes) : before.then(() => write(bytes));
  }

  return {
    add: (group) => addEncoded(encodeRowGroup(schema, group)),
    addEncoded,
    async finish() {
      void parquet.finish();
      await handOn();
      return { records, from, to };
    },
  };
}

/** All records at once. See {@link createParquetWriter}. */
export async function writeParquet(schema: RecordSchema, records: Iterable<SchemaRecord>): Promise<ParquetFile> {
  const pieces: Uint8Array[] = [];
  const buffer = createRowGroupBuffer(schema);
  const writer = createParquetWriter(schema, (bytes) => {
    pieces.push(bytes.slice());
  });
  const flush = async (): Promise<void> => {
    const group = buffer.take();
    if (group !== undefined) await writer.add(group);
  };
  for (const record of records) if (buffer.add(record)) await flush();
  await flush();
  const summary = await writer.finish();
  return { ...summary, bytes: concatBytes(...pieces) };
}
