import { PersonaError } from "../errors/index.ts";
import type { BridgeContext, ImportRemark, RawRecord, SegmentDefinition } from "./connector.ts";
import type { ImportedSegment } from "./importArchive.ts";
import type { ImportLimits } from "./limits.ts";
import { createParquetWriter } from "./parquet.ts";
import { checkRecord } from "./schemas/checkRecord.ts";
import type { SchemaRecord } from "./schemas/recordSchema.ts";
import { exactJsonText } from "./text/json.ts";
import type { ThirdPartyFilter } from "./thirdParties.ts";

/** One segment while it is read: from the source's records to a Parquet file. */
export type SegmentBuilder = {
  /** @returns the fields no column holds, as a record of {@link extraSchema}; undefined when there are none */
  add(raw: RawRecord, context: BridgeContext): SchemaRecord | undefined;
  finish(): ImportedSegment;
  remarks(): Iterable<ImportRemark>;
};

export function createSegmentBuilder(
  { name: segment, schema, toRecord }: SegmentDefinition,
  { limits, thirdParties }: { readonly limits: ImportLimits; readonly thirdParties: ThirdPartyFilter },
): SegmentBuilder {
  const remarked = new Map<string, ImportRemark>();
  const writer = createParquetWriter(schema);
  const keys = new Set<string>();
  let read = 0;

  function remark(kind: ImportRemark["kind"], reason: string): undefined {
    const name = `${kind} ${reason}`;
    remarked.set(name, { segment, kind, reason, count: (remarked.get(name)?.count ?? 0) + 1 });
  }

  return {
    add(raw, context) {
      read += 1;
      if (read > limits.maxRecords) {
        throw new PersonaError("ARCHIVE_TOO_LARGE", `${raw.file} holds more records than the limit.`, {
          data: { file: raw.file, segment, maxRecords: limits.maxRecords },
        });
      }
      const bridged = toRecord(raw, remark, context);
      if (bridged === undefined) return undefined;
      const wrong = checkRecord(schema, bridged.record, limits.maxStringLength);
      if (wrong !== undefined) {
        throw new PersonaError(
          "EXPORT_INVALID",
          `${raw.file} holds a record that does not fit ${schema.id}: ${wrong}.`,
          {
            data: { file: raw.file, position: raw.position },
          },
        );
      }
      const key = schema.key === null ? null : String(bridged.record[schema.key]);
      if (key !== null && keys.has(key)) return remark("skipped", "repeats an id of the same segment");
      if (key !== null) keys.add(key);
      const record = thirdParties.apply(schema, bridged.record);
      if (record === undefined) return remark("skipped", "is another person's");
      writer.append(record);
      if (bridged.extra === undefined) return undefined;
      const id = schema.key === null ? null : (record[schema.key] ?? null);
      return { segment, id, fields: exactJsonText(bridged.extra) };
    },
    finish: () => ({ name: segment, schema: schema.id, table: schema.table, ...writer.finish() }),
    remarks: () => remarked.values(),
  };
}
