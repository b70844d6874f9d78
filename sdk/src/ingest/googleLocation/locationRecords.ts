import type { Bridged, Remark } from "../connector.ts";
import { epochNumber, idText, isObject } from "../jsonFiles.ts";
import { field, objectField, type RawObject, withoutFields } from "../rawFields.ts";
import { skipped } from "../skipped.ts";
import { stableId } from "../stableId.ts";
import { isoInstant } from "../takeout/isoInstant.ts";
import { validInstant, zonedInstant } from "../times.ts";
import { coordinatesOf } from "./coordinates.ts";

/** A position with what stands beside it, whatever file it is of. */
export type RawPoint = {
  /** What {@link coordinatesOf} reads. */
  readonly place: unknown;
  /** RFC 3339, milliseconds since 1970 as digits, or a time without a zone. */
  readonly time: unknown;
  readonly source?: string | null;
  readonly activity?: string | null;
  /** Where accuracy, altitude and the like stand. */
  readonly of: RawObject;
  /** Fields of `of` that are in columns already; everything is kept in extra when undefined and nothing when `of` is not its own. */
  readonly extra?: RawObject | undefined;
};

export type RawVisit = {
  readonly place: unknown;
  readonly start: unknown;
  readonly end: unknown;
  readonly placeId: string | null;
  readonly name: string | null;
  readonly address: string | null;
  readonly semanticType: string | null;
  readonly probability: number | null;
  readonly level: number;
  readonly extra: RawObject | undefined;
};

export function toPoint(raw: RawPoint, remark: Remark, timeZone: string): Bridged | undefined {
  const place = coordinatesOf(raw.place);
  if (place === undefined) return skipped(remark, "has no position");
  const { instant, localTime } = timeOf(raw.time, remark, timeZone);
  if (instant === null) return skipped(remark, "has no time");
  const { of } = raw;
  const device = idText(field(of, "deviceTag"));
  const record = {
    id: stableId(
      "google-location",
      instant.toISOString(),
      String(place.latitude),
      String(place.longitude),
      device,
      raw.source ?? null,
      String(measured(of, "accuracy", "accuracyMeters")),
    ),
    time: instant,
    local_time: localTime,
    latitude: place.latitude,
    longitude: place.longitude,
    accuracy_m: measured(of, "accuracy", "accuracyMeters"),
    altitude_m: measured(of, "altitude", "altitudeMeters"),
    vertical_accuracy_m: measured(of, "verticalAccuracy"),
    speed_mps: measured(of, "velocity", "speedMetersPerSecond"),
    heading_deg: measured(of, "heading"),
    source: raw.source ?? null,
    activity: raw.activity ?? null,
    device,
  };
  return { record, extra: raw.extra };
}

export function toVisit(raw: RawVisit, remark: Remark, timeZone: string): Bridged | undefined {
  const started = timeOf(raw.start, remark, timeZone);
  const ended = timeOf(raw.end, remark, timeZone);
  if (started.instant === null && ended.instant === null) return skipped(remark, "has no time");
  const place = coordinatesOf(raw.place);
  if (place === undefined) remark("changed", "has no position");
  const time = started.instant ?? ended.instant;
  const record = {
    id: stableId(
      "google-visit",
      time?.toISOString() ?? null,
      raw.placeId,
      String(raw.level),
      place === undefined ? null : `${place.latitude},${place.longitude}`,
    ),
    started: started.instant,
    ended: ended.instant,
    local_time: started.localTime,
    latitude: place?.latitude ?? null,
    longitude: place?.longitude ?? null,
    place_id: raw.placeId,
    name: raw.name,
    address: raw.address,
    semantic_type: raw.semanticType,
    probability: raw.probability,
    hierarchy_level: BigInt(raw.level),
  };
  return { record, extra: raw.extra };
}

function timeOf(
  value: unknown,
  remark: Remark,
  timeZone: string,
): { readonly instant: Date | null; readonly localTime: string | null } {
  const exact = isoInstant(value);
  if (exact !== null) return { instant: exact, localTime: null };
  const milliseconds = epochNumber(value);
  if (milliseconds !== undefined) return { instant: validInstant(milliseconds), localTime: null };
  const wall =
    typeof value === "string" && value.length < 50
      ? /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?$/.exec(value)
      : null;
  if (wall === null) return { instant: null, localTime: null };
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = wall.slice(1).map(Number);
  remark("changed", "has no time zone: read in the import's zone");
  return { instant: zonedInstant({ year, month, day, hour, minute, second }, timeZone), localTime: wall[0] };
}

function measured(of: RawObject, ...names: readonly string[]): number | null {
  for (const name of names) {
    const value = field(of, name);
    if (typeof value === "number" && Number.isFinite(value)) return value;
  }
  return null;
}

const pointColumns = [
  "latitudeE7",
  "longitudeE7",
  "timestamp",
  "timestampMs",
  "accuracy",
  "altitude",
  "verticalAccuracy",
  "velocity",
  "heading",
  "source",
  "deviceTag",
];

/** A record of `Records.json`, before 2022 `Location History.json`. */
export function ofRecords(location: RawObject): RawPoint {
  const samples = field(location, "activity");
  return {
    place: location,
    time: field(location, "timestamp") ?? field(location, "timestampMs"),
    source: idText(field(location, "source")),
    activity: surestActivity(samples),
    of: location,
    extra: withoutFields(location, pointColumns),
  };
}

/** The guess that the service was surest of. */
function surestActivity(samples: unknown): string | null {
  const [first] = Array.isArray(samples) ? samples.filter(isObject) : [];
  const list = first === undefined ? undefined : field(first, "activity");
  let surest: { readonly type: string | null; readonly confidence: number } | undefined;
  for (const guess of Array.isArray(list) ? list.filter(isObject) : []) {
    const confidence = epochNumber(field(guess, "confidence")) ?? 0;
    if (surest === undefined || confidence > surest.confidence)
      surest = { type: idText(field(guess, "type")), confidence };
  }
  return surest?.type ?? null;
}

/** A measured position of `rawSignals` in the phone's `Timeline.json`. */
export function ofPosition(position: RawObject): RawPoint {
  const taken = ["LatLng", "latLng", "timestamp", "accuracyMeters", "altitudeMeters", "speedMetersPerSecond", "source"];
  return {
    place: position,
    time: field(position, "timestamp"),
    source: idText(field(position, "source")),
    of: position,
    extra: withoutFields(position, taken),
  };
}

export function childObject(of: RawObject | undefined, name: string): RawObject | undefined {
  return of === undefined ? undefined : objectField(of, name);
}
