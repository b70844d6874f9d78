import { bridge } from "../bridge.ts";
import type {
  ArchiveEntry,
  ArchiveInput,
  Connector,
  ConnectorOpenOptions,
  InspectedInput,
  RawItem,
} from "../connector.ts";
import { createExportReader } from "../exportReader.ts";
import { isObject, jsonHead } from "../jsonFiles.ts";
import { kept, leftOut } from "../leftOut.ts";
import { objectField } from "../rawFields.ts";
import { locationPointSchema, visitSchema } from "../schemas/index.ts";
import { readJsonValues } from "../text/index.ts";
import { ofPosition, ofRecords, toPoint, toVisit } from "./locationRecords.ts";
import { type Located, ofSemantic, ofTimeline } from "./ofTimeline.ts";

/**
 * Where the owner was, as Google kept it: `Records.json` and Semantic Location History of Takeout, and `Timeline.json`, which phones
 * export since 2024 (Android: settings, location, timeline; iPhone: `location-history.json` of Google Maps).
 *
 * A point without a position or a time is left out. A journey gives its two ends and its measured points. Scans of wireless
 * networks, which are other people's, are left out and counted. A place's name may be a person's; it stays, as the owner's own.
 */
export const googleLocation: Connector = {
  id: "google-location",
  segments: [
    { name: "points", schema: locationPointSchema, toRecord: bridge(toPoint) },
    { name: "visits", schema: visitSchema, toRecord: bridge(toVisit) },
  ],
  async detect(input) {
    let most = 0;
    for (const entry of candidates(input).slice(0, 20)) most = Math.max(most, await surenessOf(input, entry));
    return most;
  },
  open,
};

const named =
  /(?:^|\/)(?:Records|Timeline|Location History|location-history|Zeitachse|Cronologia|Tidslinje)[^/]*\.json$|Semantic Location History\/(?:.*\/)?[^/]+\.json$|(?:^|\/)\d{4}_(?:JANUARY|FEBRUARY|MARCH|APRIL|MAY|JUNE|JULY|AUGUST|SEPTEMBER|OCTOBER|NOVEMBER|DECEMBER)\.json$/i;

function candidates(input: ArchiveInput): readonly ArchiveEntry[] {
  const entries = input.entries();
  return entries.length === 1 ? entries : entries.filter(({ path }) => named.test(path));
}

async function surenessOf(input: InspectedInput, entry: ArchiveEntry): Promise<number> {
  const head = await jsonHead(input, entry);
  if (/^\{\s*"locations"\s*:\s*\[/.test(head)) return /"(?:latitudeE7|timestampMs|accuracy)"\s*:/.test(head) ? 1 : 0.5;
  if (/^\{\s*"timelineObjects"\s*:\s*\[/.test(head)) return 1;
  if (/^\{\s*"(?:semanticSegments|rawSignals|userLocationProfile)"\s*:/.test(head)) return 1;
  const isPart =
    /"(?:visit|activity|timelinePath|timelineMemory)"\s*:/.test(head) && /"(?:startTime|endTime)"\s*:/.test(head);
  if (/^\[\s*\{/.test(head) && isPart) return /"geo:|"topCandidate"|durationMinutesOffset/.test(head) ? 0.95 : 0.6;
  return /(?:^|\/)(?:Records|Timeline|Location History)\.json$/.test(entry.path) ? 0.3 : 0;
}

const places = [
  ["locations", "*"],
  ["timelineObjects", "*"],
  ["semanticSegments", "*"],
  ["rawSignals", "*"],
  ["userLocationProfile", "frequentPlaces", "*"],
  ["*"],
] as const;

const [records, semantic, segments, signals, profile] = places.map((_, index) => index);

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem> {
  const { limits } = options;
  const entries: ArchiveEntry[] = [];
  for (const entry of candidates(input)) {
    if (input.entries().length === 1 || (await surenessOf(input, entry)) > 0) entries.push(entry);
  }
  const read = createExportReader(input, options, entries);
  for (const entry of entries) {
    const file = entry.path;
    // Only the phone's list has its parts at the top; an object's members are named.
    const isList = (await jsonHead(input, entry)).startsWith("[");
    const wanted = isList ? [["*"]] : places.slice(0, -1);
    for await (const { place, value, position } of readJsonValues(read(entry), wanted, { file, limits })) {
      const kind = isList ? segments : place;
      const found = locatedIn(kind, value);
      if (typeof found === "string") yield leftOut("points", file, found, { position, fields: kept(value) });
      else for (const located of found) yield { ...located, file, position };
    }
  }
}

/** What stands at one of the places; a reason, when it is left out. */
function locatedIn(kind: number | undefined, value: unknown): readonly Located[] | string {
  if (!isObject(value)) return "is no place";
  if (kind === records) return [{ segment: "points", value: ofRecords(value) }];
  if (kind === semantic) return ofSemantic(value) ?? "is neither a visit nor a journey";
  if (kind === segments) return ofTimeline(value) ?? "is neither a visit, a journey nor a path";
  if (kind === signals) {
    const position = objectField(value, "position");
    return position === undefined
      ? "a signal that is no position"
      : [{ segment: "points", value: ofPosition(position) }];
  }
  return kind === profile ? "a frequent place" : "is no place";
}
