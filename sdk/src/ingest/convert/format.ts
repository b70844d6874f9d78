/** Forms a segment's records can have outside of the store. */
export const recordFormats = ["csv", "json", "ndjson", "parquet"] as const;

export type RecordFormat = (typeof recordFormats)[number];

export type ReadRecordsOptions = {
  /** Name of the file, for errors. */
  readonly file: string;
  /** Bytes of a whole Parquet file, which cannot be read as a stream; 256 MB unless said. */
  readonly maxParquetBytes?: number | undefined;
  /** Bytes of one record; 64 MB unless said. */
  readonly maxRecordBytes?: number | undefined;
};

export const defaultRecordBytes = 64 * 2 ** 20;
export const defaultParquetBytes = 256 * 2 ** 20;
