import { PersonaError } from "../errors/index.ts";
import type { ImportThreads } from "./batches/batchThreads.ts";
import {
  type BatchOptions,
  type BatchRepeats,
  extraPlace,
  type FinishedBatch,
  type ParsedBatch,
} from "./batches/batchWork.ts";
import type { Connector, RawItem } from "./connector.ts";
import type { Imported } from "./importArchive.ts";
import { createKeySet } from "./keySet.ts";
import { createKnownCheck, type KnownRecords, looseExtras } from "./knownRecords.ts";
import { looseKey } from "./looseKey.ts";
import { createRemarks } from "./remarks.ts";
import { extraSchema } from "./schemas/extraSchema.ts";
import { personSchema } from "./schemas/personSchema.ts";
import type { RecordSchema } from "./schemas/recordSchema.ts";
import { createSegmentBuilder } from "./segmentBuilder.ts";
import { createSegmentWriter, type SegmentWriter, type SpooledSegment } from "./segmentWriter.ts";
import type { OpenSpool } from "./spool.ts";
import { exactJsonText } from "./text/json.ts";
import { createThirdPartyFilter } from "./thirdParties.ts";
import { throwIfCancelled } from "./throwIfCancelled.ts";

/** All segments of an import while it runs: where records come together, however and wherever they were read. */
export type ImportSegments = {
  /** An item that is read on this thread. A promise when it must be waited for. */
  add(item: RawItem): void | Promise<void>;
  /** Which records of a batch are there already. Errors: `ARCHIVE_TOO_LARGE`. */
  judge(parsed: ParsedBatch, place: { readonly file: string }): BatchRepeats;
  take(finished: FinishedBatch): Promise<void>;
  finish(end: {
    /** Files that nobody read. */
    readonly unread: number;
    /** Files that systems leave beside others. */
    readonly leftBeside: number;
    readonly signal: AbortSignal | undefined;
  }): Promise<Pick<Imported<SpooledSegment>, "segments" | "ownerOnly" | "remarks">>;
  discard(): Promise<void>;
};

const repeated = "repeats an id of the same segment";
const present = "is in the dataset already";

export async function openSegments(
  connector: Connector,
  options: BatchOptions & {
    readonly openSpool: OpenSpool;
    readonly encode: ImportThreads["encode"];
    readonly known: KnownRecords | undefined;
  },
): Promise<ImportSegments> {
  const { limits, known } = options;
  const isKnown = createKnownCheck(known);
  const writers: SegmentWriter[] = [];
  const remarks = createRemarks(connector.segments.map(({ name }) => name));
  const thirdParties = createThirdPartyFilter(options.thirdParties);
  /** Pseudonym and who stands behind it. */
  const identities = new Map<string, string>();

  async function discard(): Promise<void> {
    for (const writer of writers) await writer.discard();
  }

  async function newWriter(name: string, schema: RecordSchema): Promise<SegmentWriter> {
    const writer = await createSegmentWriter(name, schema, options);
    writers.push(writer);
    return writer;
  }

  async function newPart(definition: Connector["segments"][number]) {
    const { name, schema } = definition;
    return {
      name,
      keys: createKeySet(),
      read: 0,
      builder: createSegmentBuilder(definition, {
        limits,
        thirdParties,
        remark: (kind, reason) => remarks.add(name, kind, reason),
      }),
      writer: await newWriter(name, schema),
    };
  }

  const parts: Awaited<ReturnType<typeof newPart>>[] = [];
  let extra: SegmentWriter;
  let people: SegmentWriter;
  try {
    for (const definition of connector.segments) parts.push(await newPart(definition));
    extra = await newWriter("extra", extraSchema);
    people = await newWriter("people", personSchema);
  } catch (error) {
    await discard();
    throw error;
  }

  function count(part: (typeof parts)[number], more: number, file: string): void {
    part.read += more;
    if (part.read <= limits.maxRecords) return;
    throw new PersonaError("ARCHIVE_TOO_LARGE", `${file} holds more records than the limit.`, {
      data: { file, segment: part.name, maxRecords: limits.maxRecords },
    });
  }

  /** The first text of each person in the order of the source. */
  function know(found: Iterable<readonly [string, string]>): void {
    for (const [pseudonym, identity] of found) if (!identities.has(pseudonym)) identities.set(pseudonym, identity);
  }

  return {
    add(item) {
      if (item.remark !== undefined) {
        const { segment, fields } = item;
        remarks.add(segment, item.remark, item.reason);
        if (fields === undefined) return undefined;
        const text = exactJsonText(fields);
        if (isKnown(looseExtras, looseKey(segment, text))) return undefined;
        return extra.append({ segment, id: null, fields: text });
      }
      const part = parts.find(({ name }) => name === item.segment);
      if (part === undefined) {
        throw new PersonaError("INTERNAL", `Connector ${connector.id} gave a record of a segment it does not have.`);
      }
      count(part, 1, item.file);
      const { builder, keys, writer } = part;
      const bridged = builder.bridge(item, options);
      if (bridged === undefined) return;
      const key = builder.keyOf(bridged);
      if (key !== undefined && !keys.add(key)) {
        remarks.add(part.name, "skipped", repeated);
        return;
      }
      if (key !== undefined && isKnown(part.name, key)) {
        remarks.add(part.name, "skipped", present);
        return;
      }
      const shared = builder.share(bridged);
      if (shared === undefined) return;
      const written = writer.append(shared.record);
      const kept = shared.extra === undefined ? undefined : extra.append(shared.extra);
      if (written === undefined || kept === undefined) return written ?? kept;
      return Promise.all([written, kept]).then(() => undefined);
    },
    judge(parsed, { file }) {
      return parsed.segments.flatMap(({ segment, read, keys }) => {
        if (segment === extraPlace) {
          const places = [...placesOf(keys)].filter((place) => known?.has(looseExtras, keys ?? none, place));
          return listed(segment, present, places);
        }
        const part = parts[segment];
        if (part === undefined) throw new PersonaError("INTERNAL", "A batch has a segment that its connector has not.");
        count(part, read, file);
        const again: number[] = [];
        const there: number[] = [];
        for (const place of placesOf(keys)) {
          if (!part.keys.addHash(keys ?? none, place)) again.push(place);
          else if (known?.has(part.name, keys ?? none, place) === true) there.push(place);
        }
        return [...listed(segment, repeated, again), ...listed(segment, present, there)];
      });
    },
    async take({ groups, remarks: remarked, people: found }) {
      for (const { segment, kind, reason, count: times } of remarked) remarks.add(segment, kind, reason, times);
      know(thirdParties.takePeople());
      know(found);
      for (const { segment, group } of groups) {
        const writer = segment === extraPlace ? extra : parts[segment]?.writer;
        await writer?.addEncoded(group);
      }
    },
    async finish({ unread, leftBeside, signal }) {
      know(thirdParties.takePeople());
      for (const [pseudonym, identity] of identities) {
        if (!isKnown("people", pseudonym)) await people.append({ pseudonym, identity });
      }
      const segments: SpooledSegment[] = [];
      for (const { writer } of parts) {
        throwIfCancelled(signal);
        segments.push(await writer.finish());
      }
      if (unread > 0) remarks.add(null, "skipped", "files this connector does not read", unread);
      if (leftBeside > 0) remarks.add(null, "skipped", "files that systems leave beside others", leftBeside);
      return { segments, ownerOnly: [await extra.finish(), await people.finish()], remarks: remarks.all() };
    },
    discard,
  };
}

const none = new Uint32Array(0);

function placesOf(keys: Uint32Array | undefined): Iterable<number> {
  return Array.from({ length: (keys?.length ?? 0) / 3 }, (_, place) => place);
}

function listed(segment: number, reason: string, places: readonly number[]): BatchRepeats {
  return places.length === 0 ? [] : [{ segment, reason, places }];
}
