import { PersonaError } from "../errors/index.ts";
import type { ArchiveInput, ImportProgress, ImportRemark, InspectedInput } from "./connector.ts";
import { detectConnector } from "./detectConnector.ts";
import { inspectInput } from "./inspectInput.ts";
import { defaultImportLimits, type ImportLimits } from "./limits.ts";
import { createRemarks } from "./remarks.ts";
import { extraSchema } from "./schemas/extraSchema.ts";
import { personSchema } from "./schemas/personSchema.ts";
import { createSegmentBuilder } from "./segmentBuilder.ts";
import {
  createSegmentWriter,
  memorySinks,
  type OpenSegmentSink,
  type SegmentWriter,
  type SpooledSegment,
} from "./segmentWriter.ts";
import { exactJsonText } from "./text/json.ts";
import { createThirdPartyFilter, type ThirdParties } from "./thirdParties.ts";
import { throwIfCancelled } from "./throwIfCancelled.ts";

/**
 * An export as segments of standard records: finds the connector, normalises, drops repeats, writes Parquet. The same
 * input and options give the same bytes. Every segment of the connector is there, in its order, also when it is empty; after
 * them `extra` and `people`, which are for the owner alone. Memory is bounded, as far as the sinks' is.
 *
 * Errors: `ARCHIVE_UNRECOGNISED`, `EXPORT_INVALID` (data: file, position in bytes), `ARCHIVE_TOO_LARGE`,
 * `ARCHIVE_HOSTILE`, `ARCHIVE_NOT_ZIP`, `CANCELLED`. No message holds a text of the export. After an error nothing is left in
 * the sinks.
 */
export async function importArchive(
  input: ArchiveInput,
  options: importArchive.Options = {},
): Promise<importArchive.ReturnType> {
  const { signal, onProgress, timeZone = "UTC", openSink = memorySinks } = options;
  const limits = { ...defaultImportLimits, ...options.limits };
  const thirdParties = createThirdPartyFilter(options.thirdParties ?? { policy: "keep" });
  throwIfCancelled(signal);
  const inspected = inspectInput(input, { signal });
  const { connector, also } = await detectConnector(inspected, { id: options.connector, signal });

  const writers: SegmentWriter[] = [];
  const newWriter = async (...[name, schema]: [string, Parameters<typeof createSegmentWriter>[1]]) => {
    const writer = await createSegmentWriter(name, schema, openSink);
    writers.push(writer);
    return writer;
  };
  try {
    const remarks = createRemarks(connector.segments.map(({ name }) => name));
    const parts = new Map<string, Part>();
    for (const definition of connector.segments) {
      const builder = createSegmentBuilder(definition, { limits, thirdParties, remarks });
      parts.set(definition.name, { builder, writer: await newWriter(definition.name, definition.schema) });
    }
    const extra = await newWriter("extra", extraSchema);
    const people = await newWriter("people", personSchema);

    const watched = watchReads(inspected);
    for await (const raw of connector.open(watched.input, { signal, limits, onProgress, timeZone })) {
      if (raw.remark !== undefined) {
        remarks.add(raw.segment, raw.remark, raw.reason);
        const { segment, fields } = raw;
        const kept =
          fields === undefined ? undefined : extra.append({ segment, id: null, fields: exactJsonText(fields) });
        if (kept !== undefined) await kept;
        continue;
      }
      const part = parts.get(raw.segment);
      if (part === undefined) {
        throw new PersonaError("INTERNAL", `Connector ${connector.id} gave a record of a segment it does not have.`);
      }
      const built = part.builder.build(raw, { timeZone });
      if (built === undefined) continue;
      // Only what has to be waited for is awaited: a turn of the loop costs as much as a record.
      const written = part.writer.append(built.record);
      if (written !== undefined) await written;
      const kept = built.extra === undefined ? undefined : extra.append(built.extra);
      if (kept !== undefined) await kept;
    }
    for (const [pseudonym, identity] of thirdParties.people()) await people.append({ pseudonym, identity });

    const segments: SpooledSegment[] = [];
    for (const { writer } of parts.values()) {
      throwIfCancelled(signal);
      segments.push(await writer.finish());
    }
    const unread = watched.unread();
    if (unread > 0) remarks.add(null, "skipped", "files this connector does not read", unread);
    const ownerOnly = [await extra.finish(), await people.finish()];
    return { connector: connector.id, also, segments, ownerOnly, remarks: remarks.all() };
  } catch (error) {
    for (const writer of writers) await writer.discard();
    throw error;
  }
}

type Part = { readonly builder: ReturnType<typeof createSegmentBuilder>; readonly writer: SegmentWriter };

export declare namespace importArchive {
  type Options = {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
    readonly limits?: Partial<ImportLimits> | undefined;
    /** Id of the connector to take; the surest one otherwise. */
    readonly connector?: string | undefined;
    /** IANA zone of times that have none in the export; UTC otherwise. Every such time is remarked. */
    readonly timeZone?: string | undefined;
    /** What becomes of other people; everything is kept otherwise. */
    readonly thirdParties?: ThirdParties | undefined;
    /** Where segments are encoded and wait until they are whole; here and in memory otherwise. */
    readonly openSink?: OpenSegmentSink | undefined;
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
