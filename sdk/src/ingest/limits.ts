/**
 * What one import may use at most. Every number bounds memory or time for a file somebody else may have made.
 */
export type ImportLimits = {
  /** Bytes of one file of the archive after unpacking. */
  readonly maxEntryBytes: number;
  /** Bytes of one record as it stands in the file. */
  readonly maxRecordBytes: number;
  /** Records read for one segment, duplicates included. */
  readonly maxRecords: number;
  /** UTF-16 units of one string of a normalised record. */
  readonly maxStringLength: number;
  /** Nesting of one record. */
  readonly maxDepth: number;
};

/** Far above any honest export, low enough that a hostile one ends early. */
export const defaultImportLimits: ImportLimits = {
  maxEntryBytes: 64 * 2 ** 30,
  maxRecordBytes: 4 * 2 ** 20,
  // A health export of some GB has tens of millions. What is remembered of each is its key, 20 bytes (keySet.ts).
  maxRecords: 200_000_000,
  maxStringLength: 2 ** 20,
  maxDepth: 64,
};
