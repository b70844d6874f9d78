import { PersonaError } from "../../errors/index.ts";
import type { Connector, ImportRemark, RawBatch, RawItem } from "../connector.ts";
import { createGroupEncoder, type EncodedGroup } from "../encode/encodeRowGroup.ts";
import { createKeyHashes } from "../keySet.ts";
import type { ImportLimits } from "../limits.ts";
import { looseKey } from "../looseKey.ts";
import { createRemarks } from "../remarks.ts";
import { extraSchema } from "../schemas/extraSchema.ts";
import type { SchemaRecord } from "../schemas/recordSchema.ts";
import { createSegmentBuilder } from "../segmentBuilder.ts";
import { exactJsonText } from "../text/json.ts";
import { createThirdPartyFilter, type ThirdParties } from "../thirdParties.ts";

/** What all batches of an import have in common. Plain data. */
export type BatchOptions = {
  readonly limits: ImportLimits;
  readonly timeZone: string;
  readonly thirdParties: ThirdParties;
};

/** A batch that was parsed. Plain data, as everything that goes between threads. */
export type ParsedBatch = {
  /** What is in it, to find its repeats by. */
  readonly segments: readonly {
    /** Place in the connector's list, or {@link extraPlace}. */
    readonly segment: number;
    /** Records that the source has, skipped ones included. */
    readonly read: number;
    /** {@link KeyHashes} of those that were not skipped; undefined where records have no key. */
    readonly keys: Uint32Array<ArrayBuffer> | undefined;
  }[];
  /** What it is without the repeats that were named. */
  readonly finished: FinishedBatch;
};

/**
 * Records to leave out, and why: for a segment, by its place in the connector's list, the places of those among its bridged ones.
 * For {@link extraPlace} among the fields that became no record, of which nothing is said.
 */
export type BatchRepeats = readonly {
  readonly segment: number;
  readonly reason: string;
  readonly places: readonly number[];
}[];

export type FinishedBatch = {
  /** In the segment's order; `segment` is the place in the connector's list, or {@link extraPlace}. */
  readonly groups: readonly { readonly segment: number; readonly group: EncodedGroup }[];
  readonly remarks: readonly ImportRemark[];
  /** Pseudonym and who stands behind it. */
  readonly people: readonly (readonly [string, string])[];
};

export const extraPlace = -1;

/** Everything that is done to a batch but to find its repeats: on any thread, one batch at a time. */
export type BatchWork = {
  /** Errors: `EXPORT_INVALID`. */
  parse(batch: RawBatch, repeats: BatchRepeats): Promise<ParsedBatch>;
};

/**
 * A batch is made into row groups while it is parsed, so that nothing of a record stays in memory. Batches without repeats are
 * nearly all; one that turns out to have some is parsed again, without them.
 */
export function createBatchWork(connector: Connector, options: BatchOptions): BatchWork {
  const { batches, segments } = connector;
  if (batches === undefined) throw new PersonaError("INTERNAL", `Connector ${connector.id} reads no batches.`);
  const thirdParties = createThirdPartyFilter(options.thirdParties);
  const names = segments.map(({ name }) => name);
  let remarks = createRemarks(names);
  const parts = segments.map((definition, place) => ({
    place,
    name: definition.name,
    rows: createGroupEncoder(definition.schema),
    keys: definition.schema.key === null ? undefined : createKeyHashes(),
    builder: createSegmentBuilder(definition, {
      limits: options.limits,
      thirdParties,
      remark: (kind, reason) => remarks.add(definition.name, kind, reason),
    }),
    read: 0,
    bridged: 0,
    drops: new Map<number, string>(),
  }));
  const extras = createGroupEncoder(extraSchema);
  const loose = { keys: createKeyHashes(), count: 0, drops: new Map<number, string>() };

  async function work(batch: RawBatch, repeats: BatchRepeats): Promise<FinishedBatch> {
    const groups: { segment: number; group: EncodedGroup }[] = [];
    const flush = (segment: number, rows: typeof extras): void => {
      const group = rows.take();
      if (group !== undefined) groups.push({ segment, group });
    };
    const keep = (record: SchemaRecord): void => {
      if (extras.add(record)) flush(extraPlace, extras);
    };

    function give(item: RawItem): void {
      if (item.remark !== undefined) {
        remarks.add(item.segment, item.remark, item.reason);
        if (item.fields !== undefined) {
          const { segment } = item;
          const fields = exactJsonText(item.fields);
          loose.keys.add(looseKey(segment, fields));
          loose.count += 1;
          if (!loose.drops.has(loose.count - 1)) keep({ segment, id: null, fields });
        }
        return;
      }
      const part = parts.find(({ name }) => name === item.segment);
      if (part === undefined) {
        throw new PersonaError("INTERNAL", `Connector ${connector.id} gave a record of a segment it does not have.`);
      }
      part.read += 1;
      const bridged = part.builder.bridge(item, options);
      if (bridged === undefined) return;
      part.bridged += 1;
      const key = part.builder.keyOf(bridged);
      if (key !== undefined) part.keys?.add(key);
      const reason = part.drops.get(part.bridged - 1);
      if (reason !== undefined) {
        remarks.add(part.name, "skipped", reason);
        return;
      }
      const shared = part.builder.share(bridged);
      if (shared === undefined) return;
      if (part.rows.add(shared.record)) flush(part.place, part.rows);
      if (shared.extra !== undefined) keep(shared.extra);
    }

    remarks = createRemarks(names);
    for (const part of parts) {
      part.read = 0;
      part.bridged = 0;
      part.drops = dropsOf(repeats, part.place);
    }
    loose.count = 0;
    loose.drops = dropsOf(repeats, extraPlace);
    await batches?.parse(batch, options, give);
    for (const { place, rows } of parts) flush(place, rows);
    flush(extraPlace, extras);
    return { groups, remarks: remarks.all(), people: [...thirdParties.takePeople()] };
  }

  return {
    async parse(batch, repeats) {
      const finished = await work(batch, repeats);
      const read = parts.flatMap(({ place, read, keys }) =>
        read === 0 ? [] : [{ segment: place, read, keys: keys?.take() }],
      );
      const keys = loose.keys.take();
      return {
        segments: loose.count === 0 ? read : [...read, { segment: extraPlace, read: 0, keys }],
        finished,
      };
    },
  };
}

function dropsOf(repeats: BatchRepeats, segment: number): Map<number, string> {
  return new Map(
    repeats
      .filter((each) => each.segment === segment)
      .flatMap(({ reason, places }) => places.map((place): [number, string] => [place, reason])),
  );
}
