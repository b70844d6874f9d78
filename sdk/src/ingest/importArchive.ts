import { PersonaError } from "../errors/index.ts";
import type { ArchiveInput, ImportProgress, ImportRemark } from "./connector.ts";
import { detectConnector } from "./detectConnector.ts";
import { defaultImportLimits, type ImportLimits } from "./limits.ts";
import { createParquetWriter } from "./parquet.ts";
import { extraSchema } from "./schemas/extraSchema.ts";
import { personSchema } from "./schemas/personSchema.ts";
import type { RecordSchema, SchemaRecord } from "./schemas/recordSchema.ts";
import { createSegmentBuilder } from "./segmentBuilder.ts";
import { createThirdPartyFilter, type ThirdParties } from "./thirdParties.ts";
import { throwIfCancelled } from "./throwIfCancelled.ts";

/** One segment in clear, ready to be encrypted. Never write `bytes` to disk or log as it is. */
export type ImportedSegment = {
  readonly name: string;
  /** Id of the schema, such as `persona:post@1`. */
  readonly schema: string;
  readonly table: string;
  readonly records: number;
  /** Earliest and latest time of its records; null when they have none. */
  readonly from: Date | null;
  readonly to: Date | null;
  /** A Parquet file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
};

/**
 * An export as segments of standard records: finds the connector, normalises, drops repeats, writes Parquet. The same
 * input and options give the same bytes. Every segment of the connector is there, in its order, also when it is empty; after
 * them `extra` and `people`, which are for the owner alone.
 *
 * Errors: `ARCHIVE_UNRECOGNISED`, `EXPORT_INVALID` (data: file, position in bytes), `ARCHIVE_TOO_LARGE`,
 * `ARCHIVE_HOSTILE`, `ARCHIVE_NOT_ZIP`, `CANCELLED`. No message holds a text of the export.
 */
export async function readArchive(
  input: ArchiveInput,
  options: readArchive.Options = {},
): Promise<readArchive.ReturnType> {
  const { signal, onProgress, timeZone = "UTC" } = options;
  const limits = { ...defaultImportLimits, ...options.limits };
  const thirdParties = createThirdPartyFilter(options.thirdParties ?? { policy: "keep" });
  throwIfCancelled(signal);
  const { connector, also } = await detectConnector(input, { id: options.connector, signal });
  const builders = new Map(
    connector.segments.map((definition) => [
      definition.name,
      createSegmentBuilder(definition, { limits, thirdParties }),
    ]),
  );
  const extra = createParquetWriter(extraSchema);

  const read = new Set<string>();
  const watched: ArchiveInput = {
    entries: () => input.entries(),
    read(path, readOptions) {
      read.add(path);
      return input.read(path, readOptions);
    },
  };
  for await (const raw of connector.open(watched, { signal, limits, onProgress, timeZone })) {
    const builder = builders.get(raw.segment);
    if (builder === undefined) {
      throw new PersonaError("INTERNAL", `Connector ${connector.id} gave a record of a segment it does not have.`);
    }
    const fields = builder.add(raw, { timeZone });
    if (fields !== undefined) extra.append(fields);
  }

  const segments: ImportedSegment[] = [];
  const remarks: ImportRemark[] = [];
  for (const builder of builders.values()) {
    throwIfCancelled(signal);
    segments.push(builder.finish());
    remarks.push(...builder.remarks());
  }
  const unread = input.entries().length - read.size;
  if (unread > 0)
    remarks.push({ segment: null, kind: "skipped", reason: "files this connector does not read", count: unread });
  return {
    connector: connector.id,
    also,
    segments,
    ownerOnly: [
      { name: "extra", schema: extraSchema.id, table: extraSchema.table, ...extra.finish() },
      whole("people", personSchema, peopleRecords(thirdParties.people())),
    ],
    remarks,
  };
}

export declare namespace readArchive {
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
  };
  type ReturnType = {
    /** Id of the connector that read it. */
    readonly connector: string;
    /** Connectors that would read something of it too, each by an import of its own. */
    readonly also: readonly string[];
    readonly segments: readonly ImportedSegment[];
    /** `extra`, the fields no column holds, and `people`, who stands behind the pseudonyms: not for programs. */
    readonly ownerOnly: readonly ImportedSegment[];
    /** What was left out or changed, and why. Empty when everything was taken as it stood. */
    readonly remarks: readonly ImportRemark[];
  };
}

function whole(name: string, schema: RecordSchema, records: Iterable<SchemaRecord>): ImportedSegment {
  const writer = createParquetWriter(schema);
  for (const record of records) writer.append(record);
  return { name, schema: schema.id, table: schema.table, ...writer.finish() };
}

function* peopleRecords(people: ReadonlyMap<string, string>): Generator<SchemaRecord> {
  for (const [pseudonym, identity] of people) yield { pseudonym, identity };
}
