import type { BatchMemory } from "./batches/batchMemory.ts";
import type { ImportLimits } from "./limits.ts";
import type { RecordSchema, SchemaRecord } from "./schemas/recordSchema.ts";

/** One file of an archive. `size` is the declared size in bytes after unpacking; `read` holds the file to it. */
export type ArchiveEntry = { readonly path: string; readonly size: number };

/**
 * An archive on any platform: a zip or a folder in Node, a File in the browser. Paths use `/`, are relative, have no `.` or
 * `..` parts and are unique; whoever makes an ArchiveInput guarantees that.
 */
export type ArchiveInput = {
  /** All files, folders left out, in the archive's order. */
  entries(): readonly ArchiveEntry[];
  /**
   * The bytes of one file, in pieces. A piece may be reused once the next is asked for.
   *
   * Errors: `ARCHIVE_TOO_LARGE` when the file is longer than `maxBytes`, `ARCHIVE_HOSTILE` when it lies about itself,
   * `ARCHIVE_NOT_ZIP` when it is damaged, `CANCELLED`.
   */
  read(path: string, options: ArchiveReadOptions): AsyncIterable<Uint8Array>;
};

export type ArchiveReadOptions = { readonly maxBytes: number; readonly signal?: AbortSignal | undefined };

/** Where an import stands; for a progress bar. `bytesTotal` is the declared size of all files that will be read. */
export type ImportProgress = {
  readonly file: string;
  readonly bytesRead: number;
  readonly bytesTotal: number;
};

/** A record as the source wrote it, with its place for messages. `value` is untrusted: own properties only, any shape. */
export type RawRecord = {
  readonly segment: string;
  readonly value: unknown;
  readonly file: string;
  /** Byte offset of the record in `file`. */
  readonly position: number;
  readonly remark?: undefined;
  readonly bytes?: undefined;
};

/** Something of a source that becomes no record of the segment, or that was read otherwise than it stands: counted by its reason. */
export type RawRemark = {
  /** Null when it belongs to none. */
  readonly segment: string | null;
  readonly remark: ImportRemark["kind"];
  /** A constant text. */
  readonly reason: string;
  /** What the source wrote of it, where there is something to keep: it goes to the dataset's own `extra` segment. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
  readonly file: string;
  readonly position: number;
  readonly bytes?: undefined;
};

/** What a connector gives, in the source's order. */
export type RawItem = RawRecord | RawRemark;

/** A stretch of a file that holds whole records, not parsed yet. Plain data: another thread may parse it. */
export type RawBatch = {
  /** What is in it, in the connector's words. */
  readonly content: string;
  readonly file: string;
  /** Byte offset of `bytes` in `file`. */
  readonly position: number;
  /** In memory of its own, which is given away with it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where its records are, as the connector notes it. In memory of its own. */
  readonly marks: Uint32Array<ArrayBuffer>;
  /** What a record needs to know of other files. Small: it goes with each batch. */
  readonly shared?: unknown;
};

/**
 * A connector's two halves, for files so large that parsing them takes more than one thread: who knows where records end, and who
 * knows what they are. Where there is one thread, both run on it; the result is the same.
 */
export type BatchReader = {
  /** In the source's order. Errors: those of {@link Connector.open} that show before a record is parsed. */
  cut(input: InspectedInput, options: ConnectorOpenOptions): AsyncIterable<RawItem | RawBatch>;
  /** Gives the items of one batch, in its order. Depends on nothing else. Errors: `EXPORT_INVALID`. */
  parse(
    batch: RawBatch,
    options: BridgeContext & { readonly limits: ImportLimits },
    give: (item: RawItem) => void,
  ): void | Promise<void>;
};

/** What an import could not take as it stood. Reasons are constant texts: they never hold the person's data. */
export type ImportRemark = {
  /** Null when it belongs to none. */
  readonly segment: string | null;
  /** `skipped`: the record is left out. `changed`: a value could not be read and is null, or it was taken in a way that is said. */
  readonly kind: "skipped" | "changed";
  readonly reason: string;
  readonly count: number;
};

export type Remark = (kind: ImportRemark["kind"], reason: string) => void;

/** A record in its standard schema, and all of the source's fields that the schema has no column for. */
export type Bridged = {
  readonly record: SchemaRecord;
  /** As the source wrote them, out of JSON.parse or the like. Kept in the dataset's own `extra` segment. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
};

/** What can be shared apart from the rest, and the bridge from the source's records to a standard schema. */
export type SegmentDefinition = {
  readonly name: string;
  readonly schema: RecordSchema;
  /** The record in the standard schema; undefined when it was skipped, which must have been remarked. */
  readonly toRecord: (raw: RawRecord, remark: Remark, context: BridgeContext) => Bridged | undefined;
};

/** What a source leaves open, and the person can say. */
export type BridgeContext = {
  /** IANA name of the zone that times without one are in. */
  readonly timeZone: string;
};

/** An input whose beginnings of files cost little to look at, however many connectors look. To look is not to read. */
export type InspectedInput = ArchiveInput & {
  /** The first bytes of a file, at most 4,096. Errors: those of {@link ArchiveInput.read}. */
  head(path: string): Promise<Uint8Array>;
  /** Files that systems leave beside others, which are not among its entries. */
  readonly leftBeside?: number;
};

export type ConnectorOpenOptions = BridgeContext & {
  readonly limits: ImportLimits;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Where memory for batches comes from, if whoever takes them gives it back. */
  readonly memory?: BatchMemory | undefined;
};

/**
 * Reads one kind of export. Platform free and streaming: it holds one record or one batch at a time, opens the same input as often
 * as asked and gives the same records each time.
 */
export type Connector = {
  readonly id: string;
  /**
   * How sure it is that this input is its own: 1 certain (its own signature, in its own place), 0.9 its signature, 0.6 the
   * shape of its contents, 0.3 a name that is usual for it, 0 no. Looks at the heads of a few files at most.
   */
  detect(input: InspectedInput): Promise<number>;
  /** In the order of the dataset's segment catalogue: append, never reorder. */
  readonly segments: readonly SegmentDefinition[];
  /**
   * Looks at files with `head` and reads those that it takes: a file that is never read is counted as one this connector does not read.
   *
   * Errors: `EXPORT_INVALID` with file and position, and those of {@link ArchiveInput.read}.
   */
  open(input: InspectedInput, options: ConnectorOpenOptions): AsyncIterable<RawItem>;
  /** Where it can be read by several threads; then `open` is `openBatches` of it. */
  readonly batches?: BatchReader | undefined;
};
