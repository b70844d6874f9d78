import type { ColumnChunk, Encoding, Statistics } from "hyparquet";
import type { Column, ColumnType, ColumnValue } from "../schemas/recordSchema.ts";
import { append, createGrowingBytes, type GrowingBytes, reserve, reset } from "./growingBytes.ts";
import { appendHybrid } from "./hybrid.ts";
import { appendPage } from "./page.ts";
import { physicalTypes } from "./parquetColumns.ts";
import { appendPlain, packBooleans, type StoredValue, storedValue } from "./plainValues.ts";

/** One column of a row group, encoded while its values come: none of them is kept. */
export type ColumnEncoder = {
  add(value: ColumnValue): void;
  /** Appends the column's chunk, and begins anew. */
  finish(out: GrowingBytes): ColumnChunk;
};

/** So many different values, and so many bytes of them among all: no dictionary will come of it. */
const leastToJudge = 64;
const mostDifferent = 0.7;

/**
 * A column chunk is one page of values (data page version 2, snappy), behind its dictionary where that makes it half as long.
 * Texts have no smallest and largest value: nothing reads them, and to find them takes long.
 */
export function createColumnEncoder({ name, type, nullable }: Column): ColumnEncoder {
  const canRepeat = type !== "BOOLEAN";
  /** 1 for each value that is there, 0 for each that is null. */
  const present = createGrowingBytes(nullable ? 4_096 : 0);
  /** The values, as long as there is no dictionary. */
  const plain = createGrowingBytes(4_096);
  const scratch = createGrowingBytes(4_096);
  /** Place of each value among those that differ; undefined once they differ too much. */
  let places: Map<StoredValue, number> | undefined = canRepeat ? new Map() : undefined;
  let indexes = new Uint32Array(1_024);
  let records = 0;
  let values = 0;
  let allBytes = 0;
  let onceBytes = 0;
  let least: StoredValue | undefined;
  let most: StoredValue | undefined;

  function remember(value: StoredValue, known: Map<StoredValue, number>): void {
    const size = typeof value === "string" ? 4 + value.length : 8;
    allBytes += size;
    let place = known.get(value);
    if (place === undefined) {
      place = known.size;
      known.set(value, place);
      onceBytes += size;
    }
    if (values === indexes.length) {
      const larger = new Uint32Array(values * 2);
      larger.set(indexes);
      indexes = larger;
    }
    indexes[values] = place;
    if (known.size > leastToJudge && onceBytes > mostDifferent * allBytes) forget(known, values + 1);
  }

  /** Writes down the first `count` values, and goes on without a dictionary. */
  function forget(known: Map<StoredValue, number>, count: number): void {
    writeAll(known, count);
    places = undefined;
  }

  function writeAll(known: Map<StoredValue, number>, count: number): void {
    const list = [...known.keys()];
    for (let index = 0; index < count; index++) appendPlain(plain, type, list[indexes[index] ?? 0] ?? "");
  }

  function begin(): void {
    reset(present);
    reset(plain);
    places = canRepeat ? new Map() : undefined;
    records = 0;
    values = 0;
    allBytes = 0;
    onceBytes = 0;
    least = undefined;
    most = undefined;
  }

  return {
    add(column) {
      records += 1;
      if (nullable) {
        reserve(present, 1);
        present.bytes[present.length] = column === null ? 0 : 1;
        present.length += 1;
      }
      if (column === null) return;
      const value = storedValue(type, column);
      if (typeof value !== "string") {
        if (least === undefined || value < least) least = value;
        if (most === undefined || value > most) most = value;
      }
      // A Map takes -0 for 0.
      if (places !== undefined && Object.is(value, -0)) forget(places, values);
      if (places === undefined) appendPlain(plain, type, value);
      else remember(value, places);
      values += 1;
    },
    finish(out) {
      const start = out.length;
      let dictionary = places;
      const bits = 32 - Math.clz32((dictionary?.size ?? 1) - 1);
      if (dictionary !== undefined && (bits > 24 || 2 * (onceBytes + (values * bits) / 8) > allBytes)) {
        writeAll(dictionary, values);
        dictionary = undefined;
      }
      const encoding: Encoding = dictionary === undefined ? "PLAIN" : "RLE_DICTIONARY";
      let unpacked = 0;
      if (dictionary !== undefined) {
        for (const value of dictionary.keys()) appendPlain(plain, type, value);
        unpacked += appendPage(out, plain, (size) => ({
          type: "DICTIONARY_PAGE",
          ...size,
          dictionary_page_header: { num_values: dictionary.size, encoding: "PLAIN" },
        }));
        reset(plain);
        append(plain, Uint8Array.of(bits));
        appendHybrid(plain, indexes, values, bits);
      } else if (type === "BOOLEAN") packBooleans(plain);
      const dataPlace = out.length;
      reset(scratch);
      if (nullable) appendHybrid(scratch, present.bytes, records, 1);
      const levels = scratch.bytes.subarray(0, scratch.length);
      const nulls = records - values;
      unpacked += appendPage(
        out,
        plain,
        (size) => ({
          type: "DATA_PAGE_V2",
          ...size,
          data_page_header_v2: {
            num_values: records,
            num_nulls: nulls,
            num_rows: records,
            encoding,
            definition_levels_byte_length: levels.length,
            repetition_levels_byte_length: 0,
            is_compressed: true,
          },
        }),
        levels,
      );
      const chunk: ColumnChunk = {
        file_offset: BigInt(start),
        meta_data: {
          type: physicalTypes[type],
          encodings: dictionary === undefined ? ["PLAIN"] : ["PLAIN", "RLE_DICTIONARY"],
          path_in_schema: [name],
          codec: "SNAPPY",
          num_values: BigInt(records),
          total_compressed_size: BigInt(out.length - start),
          total_uncompressed_size: BigInt(unpacked),
          data_page_offset: BigInt(dataPlace),
          ...(dictionary === undefined ? {} : { dictionary_page_offset: BigInt(start) }),
          statistics: { ...boundsOf(type, least, most), null_count: BigInt(nulls) },
          encoding_stats: [
            ...(dictionary === undefined
              ? []
              : [{ page_type: "DICTIONARY_PAGE" as const, encoding: "PLAIN" as const, count: 1 }]),
            { page_type: "DATA_PAGE_V2", encoding, count: 1 },
          ],
        },
      };
      begin();
      return chunk;
    },
  };
}

function boundsOf(
  type: ColumnType,
  least: StoredValue | undefined,
  most: StoredValue | undefined,
): Pick<Statistics, "min_value" | "max_value"> {
  if (least === undefined || most === undefined) return {};
  if (type === "TIMESTAMP") return { min_value: BigInt(least), max_value: BigInt(most) };
  // Zero has two signs, and its bounds must hold for both.
  return { min_value: least === 0 ? -0 : least, max_value: most === 0 ? 0 : most };
}
