import type { ArchiveInput } from "../connector.ts";

/** An open archive; `close` is to be called once, also after an error. Reads under way fail. */
export type OpenArchive = ArchiveInput & { close(): Promise<void> };

/** What an archive may hold and cost at most. */
export type ArchiveLimits = {
  /** Declared and real bytes of one file after unpacking. A larger one is refused when the archive is opened. */
  readonly maxEntryBytes: number;
  /** Files and folders. */
  readonly maxEntries: number;
  /** Bytes handed out by all reads of one open archive. */
  readonly maxTotalBytes: number;
  /** Unpacked bytes for one packed byte, for files over 1 MiB and for the archive. Export JSON packs 10 to 80 to 1, a bomb 1,000 to 1. */
  readonly maxRatio: number;
};

export const defaultArchiveLimits: ArchiveLimits = {
  maxEntryBytes: 64 * 2 ** 30,
  maxEntries: 100_000,
  maxTotalBytes: 256 * 2 ** 30,
  maxRatio: 300,
};

export type OpenArchiveOptions = {
  readonly limits?: Partial<ArchiveLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
};
