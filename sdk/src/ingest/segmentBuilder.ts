import { PersonaError } from "../errors/index.ts";
import type { BridgeContext, ImportRemark, RawRecord, SegmentDefinition } from "./connector.ts";
import { createKeySet } from "./keySet.ts";
import type { ImportLimits } from "./limits.ts";
import type { Remarks } from "./remarks.ts";
import { checkRecord } from "./schemas/checkRecord.ts";
import type { SchemaRecord } from "./schemas/recordSchema.ts";
import { exactJsonText } from "./text/json.ts";
import type { ThirdPartyFilter } from "./thirdParties.ts";

/** What the bridge made of one raw record. */
type BuiltRecord = {
  readonly record: SchemaRecord;
  /** The fields no column holds, as a record of `extraSchema`; undefined when there are none. */
  readonly extra: SchemaRecord | undefined;
};

/** One segment while it is read: from the source's records to those of its schema, each once. */
export type SegmentBuilder = {
  /** Undefined when the record was skipped, which is remarked. */
  build(raw: RawRecord, context: BridgeContext): BuiltRecord | undefined;
};

export function createSegmentBuilder(
  { name: segment, schema, toRecord }: SegmentDefinition,
  {
    limits,
    thirdParties,
    remarks,
  }: { readonly limits: ImportLimits; readonly thirdParties: ThirdPartyFilter; readonly remarks: Remarks },
): SegmentBuilder {
  const keys = createKeySet();
  let read = 0;

  function remark(kind: ImportRemark["kind"], reason: string): undefined {
    remarks.add(segment, kind, reason);
  }

  return {
    build(raw, context) {
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
      if (schema.key !== null && !keys.add(String(bridged.record[schema.key]))) {
        return remark("skipped", "repeats an id of the same segment");
      }
      const record = thirdParties.apply(schema, bridged.record);
      if (record === undefined) return remark("skipped", "is another person's");
      if (bridged.extra === undefined) return { record, extra: undefined };
      const id = schema.key === null ? null : (record[schema.key] ?? null);
      return { record, extra: { segment, id, fields: exactJsonText(bridged.extra) } };
    },
  };
}
