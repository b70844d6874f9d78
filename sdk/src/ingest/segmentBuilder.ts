import { PersonaError } from "../errors/index.ts";
import type { BridgeContext, RawRecord, Remark, SegmentDefinition } from "./connector.ts";
import type { ImportLimits } from "./limits.ts";
import { checkRecord } from "./schemas/checkRecord.ts";
import type { SchemaRecord } from "./schemas/recordSchema.ts";
import { exactJsonText } from "./text/json.ts";
import type { ThirdPartyFilter } from "./thirdParties.ts";

/** What the bridge made of one raw record. */
type BridgedRecord = {
  readonly record: SchemaRecord;
  /** The fields no column holds, as JSON; undefined when there are none. */
  readonly fields: string | undefined;
};

/** A record as it may be shared, and as a record of `extraSchema` what is for the owner alone. */
type SharedRecord = { readonly record: SchemaRecord; readonly extra: SchemaRecord | undefined };

/** The way of one segment's records from the source to the segment, but for the repeats, which are found between the two steps. */
export type SegmentBuilder = {
  /** Undefined when the record was skipped, which is remarked. Errors: `EXPORT_INVALID`. */
  bridge(raw: RawRecord, context: BridgeContext): BridgedRecord | undefined;
  /** The record's key as it is stored; undefined in a segment whose records have none. */
  keyOf(bridged: BridgedRecord): string | undefined;
  /** Undefined when nothing of it may be shared, which is remarked. */
  share(bridged: BridgedRecord): SharedRecord | undefined;
};

export function createSegmentBuilder(
  { name: segment, schema, toRecord }: SegmentDefinition,
  {
    limits,
    thirdParties,
    remark,
  }: { readonly limits: ImportLimits; readonly thirdParties: ThirdPartyFilter; readonly remark: Remark },
): SegmentBuilder {
  return {
    bridge(raw, context) {
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
      // As text already: what JSON.parse made of it can go before it is old.
      return {
        record: bridged.record,
        fields: bridged.extra === undefined ? undefined : exactJsonText(bridged.extra),
      };
    },
    keyOf: ({ record }) => thirdParties.keyOf(schema, record),
    share(bridged) {
      const record = thirdParties.apply(schema, bridged.record);
      if (record === undefined) {
        remark("skipped", "is another person's");
        return undefined;
      }
      if (bridged.fields === undefined) return { record, extra: undefined };
      const id = schema.key === null ? null : (record[schema.key] ?? null);
      return { record, extra: { segment, id, fields: bridged.fields } };
    },
  };
}
