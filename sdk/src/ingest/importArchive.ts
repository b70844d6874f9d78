import { createBatchMemory } from "./batches/batchMemory.ts";
import { createBatchQueue } from "./batches/batchQueue.ts";
import { type ImportThreads, thisThread } from "./batches/batchThreads.ts";
import type {
  ArchiveInput,
  Connector,
  ImportProgress,
  ImportRemark,
  InspectedInput,
  RawBatch,
  RawItem,
} from "./connector.ts";
import { detectConnector } from "./detectConnector.ts";
import { openSegments } from "./importSegments.ts";
import { inspectInput } from "./inspectInput.ts";
import type { KnownRecords } from "./knownRecords.ts";
import { defaultImportLimits, type ImportLimits } from "./limits.ts";
import type { SpooledSegment } from "./segmentWriter.ts";
import { type OpenSpool, openMemorySpool } from "./spool.ts";
import type { ThirdParties } from "./thirdParties.ts";
import { throwIfCancelled } from "./throwIfCancelled.ts";

/**
 * An export as segments of standard records: finds the connector, normalises, drops repeats, writes Parquet. The same
 * input and options give the same bytes. Every segment of the connector is there, in its order, also when it is empty; after
 * them `extra` and `people`, which are for the owner alone. Memory is bounded, as far as the spools' is.
 *
 * Errors: `ARCHIVE_UNRECOGNISED`, `EXPORT_INVALID` (data: file, position in bytes), `ARCHIVE_TOO_LARGE`,
 * `ARCHIVE_HOSTILE`, `ARCHIVE_NOT_ZIP`, `CANCELLED`. No message holds a text of the export. After an error nothing is left in
 * the spools.
 */
export async function importArchive(
  input: ArchiveInput,
  options: importArchive.Options = {},
): Promise<importArchive.ReturnType> {
  const { signal, onProgress, timeZone = "UTC", openSpool = openMemorySpool, threads = thisThread } = options;
  const limits = { ...defaultImportLimits, ...options.limits };
  const thirdParties = options.thirdParties ?? { policy: "keep" };
  throwIfCancelled(signal);
  const inspected = inspectInput(input, { signal });
  const { connector, also } = await detectConnector(inspected, { id: options.connector, signal });

  const { encode } = threads;
  const { known } = options;
  const segments = await openSegments(connector, { limits, thirdParties, timeZone, openSpool, encode, known });
  try {
    const watched = watchReads(inspected);
    const opening = { signal, limits, onProgress, timeZone };
    if (connector.batches === undefined) {
      for await (const item of connector.open(watched.input, opening)) {
        // Only what has to be waited for is awaited: a turn of the loop costs as much as a record.
        const waiting = segments.add(item);
        if (waiting !== undefined) await waiting;
      }
    } else {
      const run = await threads.open(connector, { limits, timeZone, thirdParties });
      const { batchesUnderWay: most } = threads;
      const memory = createBatchMemory(most);
      const { judge, take } = segments;
      const done = ({ bytes }: RawBatch) => memory.give(bytes.buffer);
      const queue = createBatchQueue(run, { most, judge, take, done });
      try {
        for await (const piece of connector.batches.cut(watched.input, { ...opening, memory })) {
          if (piece.bytes !== undefined && piece.bytes.length >= leastBatchBytes) {
            await queue.add(piece);
            continue;
          }
          await queue.drain();
          const items: RawItem[] = [];
          if (piece.bytes === undefined) items.push(piece);
          else await connector.batches.parse(piece, opening, (item) => items.push(item));
          for (const item of items) await segments.add(item);
        }
      } finally {
        // What is wrong with the file before the place where cutting ended is what an import ends with.
        await queue.drain();
      }
    }
    const unread = watched.unread();
    const { leftBeside = 0 } = inspected;
    return { connector: connector.id, also, ...(await segments.finish({ unread, leftBeside, signal })) };
  } catch (error) {
    await segments.discard();
    throw error;
  }
}

/** Smaller ones are parsed where they were cut: a thread and a row group of their own would cost more than they are. */
const leastBatchBytes = 2 ** 18;

export declare namespace importArchive {
  type Options = {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
    readonly limits?: Partial<ImportLimits> | undefined;
    /** The connector to take, or its id; the surest one otherwise. */
    readonly connector?: string | Connector | undefined;
    /** IANA zone of times that have none in the export; UTC otherwise. Every such time is remarked. */
    readonly timeZone?: string | undefined;
    /** What becomes of other people; everything is kept otherwise. */
    readonly thirdParties?: ThirdParties | undefined;
    /** What the dataset it is for holds already: left out, and said. The same policy and key as then, or ids differ. */
    readonly known?: KnownRecords | undefined;
    /** Where segments wait until they are whole; in memory otherwise. */
    readonly openSpool?: OpenSpool | undefined;
    /** Who parses large files and encodes segments; this thread otherwise. The result is the same. */
    readonly threads?: ImportThreads | undefined;
  };
  type ReturnType = Imported<SpooledSegment>;
}

/** What came out of an import. */
export type Imported<Segment> = {
  /** Id of the connector that read it. */
  readonly connector: string;
  /** Connectors that would read something of it too, each by an import of its own. */
  readonly also: readonly string[];
  readonly segments: readonly Segment[];
  /** `extra`, the fields no column holds, and `people`, who stands behind the pseudonyms: not for programs. */
  readonly ownerOnly: readonly Segment[];
  /** What was left out or changed, and why. Empty when everything was taken as it stood. */
  readonly remarks: readonly ImportRemark[];
};

/** The input, and how many of its files nobody has read: to look at the head of one is not to read it. */
function watchReads(input: InspectedInput): { readonly input: InspectedInput; unread(): number } {
  const read = new Set<string>();
  return {
    input: {
      entries: () => input.entries(),
      head: (path) => input.head(path),
      read(path, options) {
        read.add(path);
        return input.read(path, options);
      },
    },
    unread: () => input.entries().length - read.size,
  };
}
