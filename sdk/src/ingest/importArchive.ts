import { PersonaError } from "../errors/index.ts";
import type { ArchiveInput, ImportProgress, ImportRemark, SegmentDefinition } from "./connector.ts";
import { detectConnector } from "./detectConnector.ts";
import { defaultImportLimits, type ImportLimits } from "./limits.ts";
import { createParquetWriter, type ParquetRecordWriter } from "./parquet.ts";
import { checkRecord } from "./schemas/checkRecord.ts";
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
 * input gives the same bytes. Every segment of the connector is there, in its order, also when it is empty.
 *
 * Errors: `ARCHIVE_UNRECOGNISED`, `EXPORT_INVALID` (data: file, position in bytes), `ARCHIVE_TOO_LARGE`,
 * `ARCHIVE_HOSTILE`, `ARCHIVE_NOT_ZIP`, `CANCELLED`. No message holds a text of the export.
 */
export async function readArchive(
  input: ArchiveInput,
  options: readArchive.Options = {},
): Promise<readArchive.ReturnType> {
  const { signal, onProgress } = options;
  const limits = { ...defaultImportLimits, ...options.limits };
  throwIfCancelled(signal);
  const connector = await detectConnector(input, { signal });
  const builders = new Map(connector.segments.map((definition) => [definition.name, segmentBuilder(definition)]));

  for await (const raw of connector.open(input, { signal, limits, onProgress })) {
    const builder = builders.get(raw.segment);
    if (builder === undefined) {
      throw new PersonaError("INTERNAL", `Connector ${connector.id} gave a record of a segment it does not have.`);
    }
    builder.read += 1;
    if (builder.read > limits.maxRecords) {
      throw new PersonaError("ARCHIVE_TOO_LARGE", `${raw.file} holds more records than the limit.`, {
        data: { file: raw.file, segment: raw.segment, maxRecords: limits.maxRecords },
      });
    }
    const record = builder.definition.toRecord(raw, builder.remark);
    if (record === undefined) continue;
    const { schema } = builder.definition;
    const wrong = checkRecord(schema, record, limits.maxStringLength);
    if (wrong !== undefined) {
      throw new PersonaError("EXPORT_INVALID", `${raw.file} holds a record that does not fit ${schema.id}: ${wrong}.`, {
        data: { file: raw.file, position: raw.position },
      });
    }
    const key = String(record[schema.key]);
    if (builder.keys.has(key)) {
      builder.remark("skipped", "repeats an id of the same segment");
      continue;
    }
    builder.keys.add(key);
    builder.writer.append(record);
  }

  const segments: ImportedSegment[] = [];
  const remarks: ImportRemark[] = [];
  for (const [name, { definition, writer, remarked }] of builders) {
    throwIfCancelled(signal);
    const { schema } = definition;
    segments.push({ name, schema: schema.id, table: schema.table, ...writer.finish() });
    remarks.push(...remarked.values());
  }
  return { connector: connector.id, segments, remarks };
}

export declare namespace readArchive {
  type Options = {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
    readonly limits?: Partial<ImportLimits> | undefined;
  };
  type ReturnType = {
    /** Id of the connector that read it. */
    readonly connector: string;
    readonly segments: readonly ImportedSegment[];
    /** What was left out or changed, and why. Empty when everything was taken as it stood. */
    readonly remarks: readonly ImportRemark[];
  };
}

type SegmentBuilder = {
  readonly definition: SegmentDefinition;
  readonly writer: ParquetRecordWriter;
  readonly keys: Set<string>;
  readonly remarked: Map<string, ImportRemark>;
  readonly remark: (kind: ImportRemark["kind"], reason: string) => void;
  read: number;
};

function segmentBuilder(definition: SegmentDefinition): SegmentBuilder {
  const remarked = new Map<string, ImportRemark>();
  const segment = definition.name;
  return {
    definition,
    writer: createParquetWriter(definition.schema),
    keys: new Set(),
    remarked,
    read: 0,
    remark(kind, reason) {
      const name = `${kind} ${reason}`;
      remarked.set(name, { segment, kind, reason, count: (remarked.get(name)?.count ?? 0) + 1 });
    },
  };
}
