import { PersonaError } from "../../errors/index.ts";
import type { ImportLimits } from "../limits.ts";
import { stableId } from "../stableId.ts";
import type { RawTrackPoint } from "../tracks/trackPoint.ts";
import { childOf, otherChildren, plainValue, readXml, textOf, type XmlElement } from "../xml/index.ts";
import type { RawTcxActivity } from "./toTcxWorkout.ts";

/** Everything that may hold a track. */
const containers = new Set([
  "TrainingCenterDatabase",
  "Activities",
  "MultiSportSession",
  "FirstSport",
  "NextSport",
  "Activity",
  "Lap",
  "Track",
  "Courses",
  "Course",
]);

/** No activity has more; each is held until its end. */
const maxLaps = 10_000;

export type TcxItem = { readonly position: number } & (
  | { readonly kind: "point"; readonly point: RawTrackPoint }
  | { readonly kind: "activity"; readonly activity: RawTcxActivity }
);

/** The points of a TCX file, and each activity after its points. Errors: `EXPORT_INVALID` (data: file, position). */
export async function* readTcx(
  chunks: AsyncIterable<Uint8Array>,
  { file, limits }: { readonly file: string; readonly limits: Pick<ImportLimits, "maxRecordBytes" | "maxDepth"> },
): AsyncGenerator<TcxItem> {
  let isFirst = true;
  let activity: { sport: string | null; id: string | null; laps: XmlElement[][]; parts: XmlElement[] } | undefined;
  let lap: XmlElement[] | undefined;
  let course: string | null = null;
  let isCourse = false;
  let ordinal = 0;
  let lastTime: string | null = null;
  let held = 0;
  const invalid = (problem: string, position: number): PersonaError =>
    new PersonaError("EXPORT_INVALID", `${file} ${problem}.`, { data: { file, position } });

  for await (const { kind, element, position } of readXml(chunks, { file, limits, containers })) {
    const { name, attributes } = element;
    if (isFirst && name !== "TrainingCenterDatabase") throw invalid("is not a TCX file", position);
    isFirst = false;
    if (kind === "open") {
      if (name === "Activity") activity = { sport: attributes["Sport"] ?? null, id: null, laps: [], parts: [] };
      if (name === "Activity" || name === "Course") {
        ordinal = 0;
        held = 0;
        lastTime = null;
        isCourse = name === "Course";
        course = null;
      }
      if (name === "Lap" && activity !== undefined) {
        const start = attributes["StartTime"];
        lap = start === undefined ? [] : [{ name: "StartTime", text: start, attributes: {}, children: [] }];
        activity.laps.push(lap);
        if (activity.laps.length > maxLaps) throw invalid(`holds an activity of more than ${maxLaps} laps`, position);
      }
    } else if (kind === "close") {
      if (name === "Lap") lap = undefined;
      if (name === "Activity" && activity !== undefined) {
        const { sport, id } = activity;
        const whole = { ...activity, workout: workoutId(sport, id), lastTime };
        activity = undefined;
        yield { kind: "activity", activity: whole, position };
      }
    } else if (name === "Trackpoint") {
      const workout = activity === undefined ? null : workoutId(activity.sport, activity.id);
      lastTime = textOf(element, "Time") ?? lastTime;
      yield { kind: "point", point: pointOf(element, { track: course, workout, ordinal, isCourse }), position };
      ordinal += 1;
    } else if (activity !== undefined) {
      held += element.text.length + 64;
      for (const child of element.children) held += JSON.stringify(plainValue(child)).length;
      if (held > limits.maxRecordBytes) throw invalid("holds an activity longer than the limit of a record", position);
      if (lap !== undefined) lap.push(element);
      else if (name === "Id") activity.id ??= element.text;
      else activity.parts.push(element);
    } else if (isCourse && name === "Name") course = element.text;
  }
}

/** The Id of an activity is the time it began. */
function workoutId(sport: string | null, id: string | null): string {
  return stableId("tcx", sport, id);
}

const columns = ["Time", "Position", "AltitudeMeters", "DistanceMeters", "HeartRateBpm", "Cadence", "Extensions"];

function pointOf(
  element: XmlElement,
  place: { track: string | null; workout: string | null; ordinal: number; isCourse: boolean },
): RawTrackPoint {
  const extension = childOf(element, "Extensions", "TPX");
  const others = { ...otherChildren(element, columns), ...unknownExtensions(element) };
  const { isCourse, ...of } = place;
  return {
    ...of,
    kind: isCourse ? "route" : "track",
    time: textOf(element, "Time"),
    latitude: textOf(element, "Position", "LatitudeDegrees"),
    longitude: textOf(element, "Position", "LongitudeDegrees"),
    elevation: textOf(element, "AltitudeMeters"),
    distance: textOf(element, "DistanceMeters"),
    heartRate: textOf(element, "HeartRateBpm", "Value"),
    cadence: textOf(element, "Cadence") ?? textOf(extension, "RunCadence"),
    speed: textOf(extension, "Speed"),
    power: textOf(extension, "Watts"),
    extra: Object.keys(others).length === 0 ? undefined : others,
  };
}

function unknownExtensions(element: XmlElement): Readonly<Record<string, unknown>> | undefined {
  const extensions = childOf(element, "Extensions");
  if (extensions === undefined) return undefined;
  const unknown = extensions.children.flatMap((child) =>
    child.name === "TPX"
      ? child.children.filter(({ name }) => !["Speed", "Watts", "RunCadence"].includes(name))
      : [child],
  );
  return otherChildren({ name: "", attributes: {}, text: "", children: unknown }, []);
}
