import { PersonaError } from "../../errors/index.ts";
import type { Connector, ImportRemark, RawBatch, RawItem } from "../connector.ts";
import { type EncodedGroup, encodeRowGroup } from "../encodeRowGroup.ts";
import { keyHashes } from "../keySet.ts";
import type { ImportLimits } from "../limits.ts";
import { createRemarks } from "../remarks.ts";
import { createRowGroupBuffer } from "../rowGroup.ts";
import { extraSchema } from "../schemas/extraSchema.ts";
import { type BridgedRecord, createSegmentBuilder } from "../segmentBuilder.ts";
import { exactJsonText } from "../text/json.ts";
import { createThirdPartyFilter, type ThirdParties } from "../thirdParties.ts";

/** What all batches of an import have in common. Plain data. */
export type BatchOptions = {
  readonly limits: ImportLimits;
  readonly timeZone: string;
  readonly thirdParties: ThirdParties;
};

/** A batch whose records are known, and wait to hear which of them repeat others. Plain data, as everything that goes between threads. */
export type ParsedBatch = {
  readonly segments: readonly {
    /** Place in the connector's list. */
    readonly segment: number;
    /** Records that the source has, skipped ones included. */
    readonly read: number;
    /** {@link keyHashes} of those that were not skipped; undefined where records have no key. */
    readonly keys: Uint32Array<ArrayBuffer> | undefined;
  }[];
};

/** Records to leave out: for a segment, by its place in the connector's list, the places of those among its bridged ones, rising. */
export type BatchRepeats = readonly { readonly segment: number; readonly places: readonly number[] }[];

export type FinishedBatch = {
  /** In the segment's order; `segment` is the place in the connector's list, or {@link extraPlace}. */
  readonly groups: readonly { readonly segment: number; readonly group: EncodedGroup }[];
  readonly remarks: readonly ImportRemark[];
  /** Pseudonym and who stands behind it. */
  readonly people: readonly (readonly [string, string])[];
};

export const extraPlace = -1;

/** Everything that is done to a batch but to find its repeats: on any thread, several batches at a time. */
export type BatchWork = {
  /** Errors: `EXPORT_INVALID`. */
  parse(id: number, batch: RawBatch): Promise<ParsedBatch>;
  /** The second step of a batch, once. */
  finish(id: number, repeats: BatchRepeats): FinishedBatch;
};

type Held =
  | { readonly segment: number; readonly bridged: BridgedRecord }
  | { readonly extra: string; readonly of: string | null };

export function createBatchWork(connector: Connector, options: BatchOptions): BatchWork {
  const { batches, segments } = connector;
  if (batches === undefined) throw new PersonaError("INTERNAL", `Connector ${connector.id} reads no batches.`);
  const thirdParties = createThirdPartyFilter(options.thirdParties);
  const names = segments.map(({ name }) => name);
  const parsed = new Map<
    number,
    { readonly held: readonly Held[]; readonly remarks: ReturnType<typeof createRemarks> }
  >();
  let remarks = createRemarks(names);
  const builders = segments.map((definition) =>
    createSegmentBuilder(definition, {
      limits: options.limits,
      thirdParties,
      remark: (kind, reason) => remarks.add(definition.name, kind, reason),
    }),
  );

  /** Takes what a batch gives. */
  function collector() {
    const held: Held[] = [];
    const read = segments.map(() => 0);
    const keys: (string[] | undefined)[] = segments.map(({ schema }) => (schema.key === null ? undefined : []));
    function give(item: RawItem): void {
      if (item.remark !== undefined) {
        remarks.add(item.segment, item.remark, item.reason);
        if (item.fields !== undefined) held.push({ extra: exactJsonText(item.fields), of: item.segment });
        return;
      }
      const segment = names.indexOf(item.segment);
      const builder = builders[segment];
      if (builder === undefined) {
        throw new PersonaError("INTERNAL", `Connector ${connector.id} gave a record of a segment it does not have.`);
      }
      read[segment] = (read[segment] ?? 0) + 1;
      const bridged = builder.bridge(item, options);
      if (bridged === undefined) return;
      held.push({ segment, bridged });
      const key = builder.keyOf(bridged);
      if (key !== undefined) keys[segment]?.push(key);
    }
    return { held, read, keys, give };
  }

  return {
    async parse(id, batch) {
      const own = createRemarks(names);
      const { held, read, keys, give } = collector();
      await batches.parse(batch, options, (item) => {
        // Another batch may have its turn while this one waits for something.
        remarks = own;
        give(item);
      });
      parsed.set(id, { held, remarks: own });
      return {
        segments: segments.flatMap((_, segment) => {
          const count = read[segment] ?? 0;
          const texts = keys[segment];
          return count === 0
            ? []
            : [{ segment, read: count, keys: texts === undefined ? undefined : keyHashes(texts) }];
        }),
      };
    },
    finish(id, repeats) {
      const batch = parsed.get(id);
      if (batch === undefined) throw new PersonaError("INTERNAL", "A batch was finished before it was parsed.");
      parsed.delete(id);
      remarks = batch.remarks;
      const groups: { segment: number; group: EncodedGroup }[] = [];
      const rows = segments.map(({ schema }) => createRowGroupBuffer(schema));
      const extras = createRowGroupBuffer(extraSchema);
      const flush = (segment: number): void => {
        const group = (segment === extraPlace ? extras : rows[segment])?.take();
        const schema = segment === extraPlace ? extraSchema : segments[segment]?.schema;
        if (group !== undefined && schema !== undefined) groups.push({ segment, group: encodeRowGroup(schema, group) });
      };
      const drops = repeats.map(({ segment, places }) => ({ segment, places: new Set(places) }));
      const dropsOf = segments.map((_, segment) => drops.find((each) => each.segment === segment)?.places);
      const places = segments.map(() => 0);
      for (const item of batch.held) {
        if ("extra" in item) {
          if (extras.add({ segment: item.of, id: null, fields: item.extra })) flush(extraPlace);
          continue;
        }
        const { segment, bridged } = item;
        const place = places[segment] ?? 0;
        places[segment] = place + 1;
        if (dropsOf[segment]?.has(place) === true) {
          remarks.add(names[segment] ?? null, "skipped", "repeats an id of the same segment");
          continue;
        }
        const shared = builders[segment]?.share(bridged);
        if (shared === undefined) continue;
        if (rows[segment]?.add(shared.record) === true) flush(segment);
        if (shared.extra !== undefined && extras.add(shared.extra)) flush(extraPlace);
      }
      for (const [segment] of segments.entries()) flush(segment);
      flush(extraPlace);
      return { groups, remarks: remarks.all(), people: [...thirdParties.takePeople()] };
    },
  };
}
