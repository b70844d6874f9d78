import { epochNumber, idText, isObject } from "../jsonFiles.ts";
import { field, objectField, type RawObject, withoutFields } from "../rawFields.ts";
import { isoInstant } from "../takeout/isoInstant.ts";
import { childObject, type RawPoint, type RawVisit } from "./locationRecords.ts";

export type Located =
  | { readonly segment: "points"; readonly value: RawPoint }
  | { readonly segment: "visits"; readonly value: RawVisit };

/**
 * What a part of the phone's timeline holds: a visit, the two ends of a journey, or the points of a path. Undefined when it is none
 * of them (a memory of a trip, which says nothing but names).
 */
export function ofTimeline(part: RawObject): readonly Located[] | undefined {
  const start = field(part, "startTime");
  const end = field(part, "endTime");
  const visit = objectField(part, "visit");
  if (visit !== undefined) {
    const candidate = childObject(visit, "topCandidate") ?? {};
    return [
      {
        segment: "visits",
        value: {
          place: field(candidate, "placeLocation"),
          start,
          end,
          placeId: idText(field(candidate, "placeId") ?? field(candidate, "placeID")),
          name: null,
          address: null,
          semanticType: idText(field(candidate, "semanticType")),
          probability: epochNumber(field(candidate, "probability")) ?? null,
          level: wholeNumber(field(visit, "hierarchyLevel")),
          extra: withoutFields(part, ["startTime", "endTime"]),
        },
      },
    ];
  }
  const activity = objectField(part, "activity");
  if (activity !== undefined) {
    const kind = idText(field(childObject(activity, "topCandidate") ?? {}, "type"));
    const ends = [
      { place: field(activity, "start"), time: start, source: "start" },
      { place: field(activity, "end"), time: end, source: "end" },
    ];
    return ends.map((each, index) => ({
      segment: "points",
      value: { ...each, activity: kind, of: {}, extra: index === 0 ? withoutFields(part, []) : undefined },
    }));
  }
  const path = field(part, "timelinePath");
  if (!Array.isArray(path)) return undefined;
  return path.filter(isObject).map((point) => ({
    segment: "points",
    value: { place: field(point, "point"), time: timeOnPath(point, start), source: "path", of: {} },
  }));
}

/** Android writes each point's time, an iPhone the minutes since the path's start. */
function timeOnPath(point: RawObject, start: unknown): unknown {
  const time = field(point, "time");
  if (time !== undefined) return time;
  const minutes = epochNumber(field(point, "durationMinutesOffsetFromStartTime"));
  const from = isoInstant(start);
  return minutes === undefined || from === null ? undefined : from.getTime() + minutes * 60_000;
}

/** What an object of Semantic Location History holds: a visit with those within it, or a journey's ends and measured points. */
export function ofSemantic(object: RawObject): readonly Located[] | undefined {
  const visit = objectField(object, "placeVisit");
  if (visit !== undefined) return visitsOf(visit);
  const journey = objectField(object, "activitySegment");
  if (journey === undefined) return undefined;
  const { start, end } = durationOf(journey);
  const activity = idText(field(journey, "activityType"));
  const ends = [
    { place: field(journey, "startLocation"), time: start, source: "start" },
    { place: field(journey, "endLocation"), time: end, source: "end" },
  ];
  const located: Located[] = ends.map((each, index) => ({
    segment: "points",
    value: {
      ...each,
      activity,
      of: {},
      extra: index === 0 ? withoutFields(journey, ["duration", "activityType"]) : undefined,
    },
  }));
  const points = field(objectField(journey, "simplifiedRawPath") ?? {}, "points");
  for (const point of Array.isArray(points) ? points.filter(isObject) : []) {
    const time = field(point, "timestamp") ?? field(point, "timestampMs");
    located.push({ segment: "points", value: { place: point, time, source: "path", activity, of: point } });
  }
  return located;
}

/** Visits within visits, without a call within a call: how deep they lie is the file's choice. */
function visitsOf(whole: RawObject): readonly Located[] {
  const located: Located[] = [];
  const waiting: { readonly visit: RawObject; readonly level: number }[] = [{ visit: whole, level: 0 }];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { visit, level } = next;
    const location = objectField(visit, "location") ?? {};
    const { start, end } = durationOf(visit);
    const sure = epochNumber(field(location, "locationConfidence"));
    located.push({
      segment: "visits",
      value: {
        place: location,
        start,
        end,
        placeId: idText(field(location, "placeId")),
        name: idText(field(location, "name")),
        address: idText(field(location, "address")),
        semanticType: idText(field(location, "semanticType")),
        probability: sure === undefined ? null : sure / 100,
        level,
        extra: withoutFields(visit, ["duration", "childVisits"]),
      },
    });
    const children = field(visit, "childVisits");
    for (const child of Array.isArray(children) ? children.filter(isObject) : [])
      waiting.push({ visit: child, level: level + 1 });
  }
  return located;
}

function durationOf(part: RawObject): { readonly start: unknown; readonly end: unknown } {
  const duration = objectField(part, "duration") ?? {};
  return {
    start: field(duration, "startTimestamp") ?? field(duration, "startTimestampMs"),
    end: field(duration, "endTimestamp") ?? field(duration, "endTimestampMs"),
  };
}

function wholeNumber(value: unknown): number {
  const number = epochNumber(value);
  return number !== undefined && Number.isSafeInteger(number) ? number : 0;
}
