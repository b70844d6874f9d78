import { parquetHeader } from "hyparquet/src/column.js";
import { decompressPage } from "hyparquet/src/datapage.js";
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getSchemaPath } from "hyparquet/src/schema.js";
import { readVarInt } from "hyparquet/src/thrift.js";
import type { ColumnMetaData, DataReader, PageHeader, RowGroup, SchemaElement } from "hyparquet/src/types.js";

/** Snappy's best copy makes 64 bytes of three: a page that claims more lies. */
const maxRatio = 32;
const maxPageBytes = 256 * 2 ** 20;
/** Some writers leave out the padding of the last values. */
const maxPaddingBytes = 64;
const levelBits = (level: number): number => 32 - Math.clz32(level);

/**
 * Holds the pages of a row group to what their bytes can be, before the decoder allocates what they claim: sizes, counts, and the
 * lengths of runs, of which three bytes can promise a billion values. Decompresses each page once for it.
 *
 * Throws an Error that says what is wrong.
 */
export function checkPages(bytes: Uint8Array, group: RowGroup, schema: SchemaElement[]): void {
  for (const { meta_data: column, file_path, crypto_metadata } of group.columns) {
    if (column === undefined || file_path !== undefined || crypto_metadata !== undefined)
      throw new Error("a column is encrypted, or in another file");
    const start = Number(column.dictionary_page_offset ?? column.data_page_offset);
    const length = Number(column.total_compressed_size);
    if (!(start >= 4 && length >= 0 && start + length <= bytes.length)) throw new Error("a column is outside the file");
    if (column.codec !== "SNAPPY" && column.codec !== "UNCOMPRESSED") throw new Error("an unknown codec");
    checkColumn(bytes.subarray(start, start + length), column, schema);
  }
}

function checkColumn(bytes: Uint8Array, column: ColumnMetaData, schema: SchemaElement[]): void {
  const path = getSchemaPath(schema, column.path_in_schema);
  const levels = { repetition: getMaxRepetitionLevel(path), definition: getMaxDefinitionLevel(path) };
  const reader: DataReader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  let values = 0;
  while (reader.offset < bytes.length - 1) {
    const header = parquetHeader(reader);
    const size = header.compressed_page_size;
    const unpacked = header.uncompressed_page_size;
    if (!(size >= 0 && reader.offset + size <= bytes.length)) throw new Error("a page is outside its column");
    if (!(unpacked >= 0 && unpacked <= maxPageBytes && unpacked <= maxRatio * size + 64))
      throw new Error("a page claims more than it can hold");
    const page = bytes.subarray(reader.offset, reader.offset + size);
    reader.offset += size;
    const { dictionary_page_header: dictionary, data_page_header: v1, data_page_header_v2: v2 } = header;
    if (header.type === "DICTIONARY_PAGE" && dictionary !== undefined) {
      if (!(dictionary.num_values >= 0 && dictionary.num_values <= 8 * unpacked)) throw new Error("a dictionary lies");
      continue;
    }
    const count = (header.type === "DATA_PAGE_V2" ? v2 : v1)?.num_values;
    if (count === undefined || !(count >= 0)) throw new Error("a page of an unknown kind");
    values += count;
    if (values > Number(column.num_values)) throw new Error("the pages hold more than their column claims");
    if (v2 !== undefined && header.type === "DATA_PAGE_V2") checkV2(page, header, v2, column, levels);
    else if (v1 !== undefined) {
      const data = decompressPage(page, unpacked, column.codec, undefined);
      const inside: DataReader = { view: new DataView(data.buffer, data.byteOffset, data.byteLength), offset: 0 };
      if (levels.repetition > 0) checkPrefixedRuns(inside, levelBits(levels.repetition), count);
      if (levels.definition > 0) checkPrefixedRuns(inside, levelBits(levels.definition), count);
      checkValues(inside, v1.encoding, column, count);
    }
  }
}

type Levels = { readonly repetition: number; readonly definition: number };

function checkV2(
  page: Uint8Array,
  header: PageHeader,
  v2: NonNullable<PageHeader["data_page_header_v2"]>,
  column: ColumnMetaData,
  levels: Levels,
): void {
  const { num_values: count, num_nulls, num_rows, repetition_levels_byte_length, definition_levels_byte_length } = v2;
  const before = repetition_levels_byte_length + definition_levels_byte_length;
  if (!(repetition_levels_byte_length >= 0 && definition_levels_byte_length >= 0 && before <= page.length))
    throw new Error("levels are outside their page");
  if (!(num_nulls >= 0 && num_nulls <= count && num_rows >= 0 && num_rows <= count)) throw new Error("a page lies");
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  if (levels.repetition > 0)
    checkRuns({ view, offset: 0 }, levelBits(levels.repetition), count, repetition_levels_byte_length);
  if (levels.definition > 0)
    checkRuns({ view, offset: repetition_levels_byte_length }, levelBits(levels.definition), count, before);
  const rest = page.subarray(before);
  const unpacked = header.uncompressed_page_size - before;
  const data = v2.is_compressed === false ? rest : decompressPage(rest, unpacked, column.codec, undefined);
  checkValues(
    { view: new DataView(data.buffer, data.byteOffset, data.byteLength), offset: 0 },
    v2.encoding,
    column,
    count,
  );
}

function checkValues(reader: DataReader, encoding: string, { type }: ColumnMetaData, count: number): void {
  if (reader.offset >= reader.view.byteLength) return; // all values are null
  const isRuns = encoding === "RLE" || encoding === "RLE_DICTIONARY" || encoding === "PLAIN_DICTIONARY";
  if (isRuns && type === "BOOLEAN") checkPrefixedRuns(reader, 1, count);
  else if (isRuns) {
    const bits = reader.view.getUint8(reader.offset);
    reader.offset += 1;
    if (bits > 32) throw new Error("indexes are too wide");
    if (bits > 0) checkRuns(reader, bits, count, reader.view.byteLength);
  } else if (encoding === "DELTA_BINARY_PACKED" || encoding === "DELTA_LENGTH_BYTE_ARRAY") {
    const block = readVarInt(reader);
    const parts = readVarInt(reader);
    if (!(block > 0 && block <= 2 ** 20 && parts > 0 && parts <= 2 ** 12)) throw new Error("blocks are too large");
  } else if (encoding !== "PLAIN" && encoding !== "BYTE_STREAM_SPLIT") {
    // Each value of DELTA_BYTE_ARRAY repeats the one before: a page of it can unfold without bound.
    throw new Error("an unknown encoding");
  }
}

function checkPrefixedRuns(reader: DataReader, bits: number, count: number): void {
  const length = reader.view.getUint32(reader.offset, true);
  reader.offset += 4;
  const end = reader.offset + length;
  if (end > reader.view.byteLength) throw new Error("runs are outside their page");
  checkRuns(reader, bits, count, end);
  reader.offset = end;
}

/** No run may be longer than the page: the decoder writes all of it. */
function checkRuns(reader: DataReader, bits: number, count: number, end: number): void {
  let seen = 0;
  while (seen < count && reader.offset < end) {
    const head = readVarInt(reader);
    const isPacked = (head & 1) === 1;
    const length = isPacked ? (head >>> 1) * 8 : head >>> 1;
    const size = isPacked ? (length / 8) * bits : (bits + 7) >> 3;
    // Packed values are there, padded as their writer likes (DuckDB: to 256); repeated ones only by their count.
    if (isPacked ? size > reader.view.byteLength - reader.offset + maxPaddingBytes : length > count)
      throw new Error("a run is longer than its page");
    reader.offset += size;
    seen += length;
  }
}
