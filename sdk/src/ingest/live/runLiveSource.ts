import { isPersonaError, PersonaError } from "../../errors/index.ts";
import { thisThread } from "../batches/batchThreads.ts";
import type { ImportProgress } from "../connector.ts";
import type { Imported } from "../importArchive.ts";
import { openSegments } from "../importSegments.ts";
import { createKeyHashes, createKeySet } from "../keySet.ts";
import type { KnownRecords } from "../knownRecords.ts";
import type { SpooledSegment } from "../segmentWriter.ts";
import { type OpenSpool, openMemorySpool } from "../spool.ts";
import { createThirdPartyFilter, type ThirdParties } from "../thirdParties.ts";
import { throwIfCancelled } from "../throwIfCancelled.ts";
import { defaultLiveLimits } from "./liveLimits.ts";
import { type HttpSession, type LiveCursor, type LiveLimits, type LiveSource, maxCursorLength } from "./liveSource.ts";

/**
 * Runs a source from a cursor: its records as segments, in the connector's order, and the next cursor. The same as an import, and
 * what an import of files has brought already is left out when `known` says so.
 *
 * A run that a service interrupts (it limits the rate, or does not answer) gives what it has up to there, with `stopped`, when it
 * has come to a cursor: the next run goes on from that. Whatever else goes wrong is thrown, and nothing is left in the spools.
 *
 * Errors: those of {@link LiveSource.fetch} and of `importArchive`.
 */
export async function runLiveSource<Session = HttpSession>(
  source: LiveSource<Session>,
  session: Session,
  cursor: LiveCursor | undefined,
  options: runLiveSource.Options = {},
): Promise<LiveRun> {
  const { signal, onProgress, timeZone = "UTC", openSpool = openMemorySpool } = options;
  const limits = { ...defaultLiveLimits, ...options.limits };
  const thirdParties = options.thirdParties ?? { policy: "keep" };
  if ((cursor?.length ?? 0) > maxCursorLength) {
    throw new PersonaError("CONFIG_INVALID", "The cursor is longer than any that a source gives.");
  }
  throwIfCancelled(signal);
  const gone = createDeletions(source, thirdParties);
  const connector = { id: source.connector, segments: source.segments, detect: async () => 0, open: none };
  const segments = await openSegments(connector, {
    limits,
    thirdParties,
    timeZone,
    openSpool,
    encode: thisThread.encode,
    known: options.known === undefined ? undefined : withoutDeleted(options.known, gone),
  });
  let next = cursor;
  let marks = 0;
  let stopped: PersonaError | undefined;
  try {
    try {
      for await (const item of source.fetch(session, cursor, { limits, signal, onProgress, timeZone })) {
        if ("cursor" in item) {
          if (item.cursor.length > maxCursorLength) {
            throw new PersonaError("INTERNAL", `Source ${source.id} gave a cursor that is too long.`);
          }
          next = item.cursor;
          marks += 1;
        } else if ("deletion" in item) gone.add(item.segment, item.deletion);
        else {
          const waiting = segments.add(item);
          if (waiting !== undefined) await waiting;
        }
      }
    } catch (error) {
      if (marks === 0 || !isPersonaError(error) || error.retry !== "later") throw error;
      stopped = error;
    }
    const finished = await segments.finish({ unread: 0, leftBeside: 0, signal });
    return { connector: source.connector, also: [], ...finished, deletions: gone.all(), cursor: next, stopped };
  } catch (error) {
    await segments.discard();
    throw error;
  }
}

export declare namespace runLiveSource {
  type Options = {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
    readonly limits?: Partial<LiveLimits> | undefined;
    /** IANA zone of times that have none; UTC otherwise. */
    readonly timeZone?: string | undefined;
    /** What becomes of other people; everything is kept otherwise. The same as for the imports it is to merge with. */
    readonly thirdParties?: ThirdParties | undefined;
    /** What the dataset holds already: left out, but for records that were changed since. */
    readonly known?: KnownRecords | undefined;
    readonly openSpool?: OpenSpool | undefined;
  };
}

/** What a run brought. */
export type LiveRun = Imported<SpooledSegment> & {
  /** Keys to drop from the dataset's earlier parts before these segments are appended, as they are stored there. */
  readonly deletions: readonly { readonly segment: string; readonly keys: readonly string[] }[];
  /** Where the next run goes on; undefined when a source gave none. */
  readonly cursor: LiveCursor | undefined;
  /** Why it ended before its end, where it may go on later; undefined when it came to the end. */
  readonly stopped: PersonaError | undefined;
};

async function* none(): AsyncGenerator<never> {}

type Deletions = {
  add(segment: string, key: string): void;
  has(segment: string, hashes: Uint32Array, index: number): boolean;
  all(): LiveRun["deletions"];
};

function createDeletions<Session>(source: LiveSource<Session>, thirdParties: ThirdParties): Deletions {
  const filter = createThirdPartyFilter(thirdParties);
  const hashes = createKeyHashes();
  const bySegment = new Map<string, { readonly keys: Set<string>; readonly set: ReturnType<typeof createKeySet> }>();
  return {
    add(segment, key) {
      const schema = source.segments.find(({ name }) => name === segment)?.schema;
      if (schema === undefined || schema.key === null) {
        throw new PersonaError("INTERNAL", `Source ${source.id} deletes in a segment that it does not have.`);
      }
      // As it is stored: another person's id under a pseudonym.
      const stored = filter.keyOf(schema, { [schema.key]: key }) ?? key;
      const part = bySegment.get(segment) ?? { keys: new Set<string>(), set: createKeySet() };
      bySegment.set(segment, part);
      part.keys.add(stored);
      hashes.add(stored);
      part.set.addHash(hashes.take(), 0);
    },
    has: (segment, found, index) => bySegment.get(segment)?.set.hasHash(found, index) ?? false,
    all: () => [...bySegment].map(([segment, { keys }]) => ({ segment, keys: [...keys] })),
  };
}

/** A record that was changed is not in the dataset yet, though its id is. */
function withoutDeleted(known: KnownRecords, gone: Deletions): KnownRecords {
  return {
    ...known,
    has: (segment, hashes, index) => !gone.has(segment, hashes, index) && known.has(segment, hashes, index),
  };
}
