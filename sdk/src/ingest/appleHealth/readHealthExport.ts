import { PersonaError } from "../../errors/index.ts";
import type { ImportLimits } from "../limits.ts";
import type { RawTrackPoint } from "../tracks/trackPoint.ts";
import { otherChildren, type XmlElement, type XmlItem } from "../xml/index.ts";
import { type RawWorkout, workoutId } from "./toWorkout.ts";

/** An early export has the points of a route in the workout itself: they are walked into, however many there are. */
export const healthContainers = new Set(["HealthData", "Correlation", "Workout", "WorkoutRoute"]);

export type HealthItem = { readonly position: number } & (
  | { readonly kind: "sample"; readonly element: XmlElement }
  | { readonly kind: "point"; readonly point: RawTrackPoint }
  | { readonly kind: "workout"; readonly workout: RawWorkout }
  | { readonly kind: "other"; readonly reason: string; readonly fields: Readonly<Record<string, unknown>> }
);

/** Elements of HealthData that are no samples, and what is said of them. */
const others: Readonly<Record<string, string>> = {
  ActivitySummary: "is a daily sum of samples",
  ClinicalRecord: "is a document of a clinic",
  Audiogram: "is an audiogram",
  VisionPrescription: "is a prescription for glasses",
  Me: "is a characteristic of the person",
  Correlation: "groups samples, which are kept",
};

/**
 * The records of an `export.xml`, out of its elements, one at a time.
 *
 * Errors: `EXPORT_INVALID` (data: file, position).
 */
export function createHealthReader({
  file,
  limits,
}: {
  readonly file: string;
  readonly limits: Pick<ImportLimits, "maxRecordBytes">;
}): (item: XmlItem) => Generator<HealthItem> {
  let isFirst = true;
  let workout: { readonly id: string; readonly parts: XmlElement[]; readonly routes: string[] } | undefined;
  let workoutFrom = 0;
  /** Characters of the points of this workout: they are not held. */
  let given = 0;
  let last = 0;
  let ordinal = 0;
  let isInCorrelation = false;
  return function* read({ kind, element, position }) {
    const { name } = element;
    if (isFirst && name !== "HealthData") {
      throw new PersonaError("EXPORT_INVALID", `${file} is not an export of Apple Health.`, {
        data: { file, position },
      });
    }
    isFirst = false;
    const size = position - last;
    last = position;
    if (kind === "open") {
      if (name === "Workout") {
        workout = { id: workoutId(element.attributes), parts: [], routes: [] };
        workoutFrom = position;
        given = 0;
        ordinal = 0;
      }
      isInCorrelation ||= name === "Correlation";
    } else if (kind === "close") {
      if (name === "Workout" && workout !== undefined) {
        const whole = { ...workout, attributes: element.attributes };
        workout = undefined;
        yield { kind: "workout", workout: whole, position };
      }
      if (name === "Correlation") {
        isInCorrelation = false;
        yield { kind: "other", reason: others["Correlation"] ?? "", fields: plain(element), position };
      }
    } else if (name === "Record") yield { kind: "sample", element, position };
    else if (workout !== undefined) {
      if (name === "Location") {
        given += size;
        yield { kind: "point", point: locationOf(element, { workout: workout.id, ordinal }), position };
        ordinal += 1;
      } else if (name === "FileReference") workout.routes.push(routePath(element));
      else workout.parts.push(element);
      if (position - workoutFrom - given > limits.maxRecordBytes) {
        throw new PersonaError("EXPORT_INVALID", `${file} holds a workout that is longer than the limit of a record.`, {
          data: { file, position, maxRecordBytes: limits.maxRecordBytes },
        });
      }
    } else if (!isInCorrelation && name !== "ExportDate") {
      yield {
        kind: "other",
        reason: Object.hasOwn(others, name) ? (others[name] ?? "") : "is of an unknown kind",
        fields: plain(element),
        position,
      };
    }
  };
}

/** An element as it stands there, under its name. */
function plain(element: XmlElement): Readonly<Record<string, unknown>> {
  return { [element.name]: { ...element.attributes, ...otherChildren(element, []) } };
}

/** `/workout-routes/route_2019-06-11_3.00pm.gpx`, from its folder on. */
function routePath(element: XmlElement): string {
  const path = element.attributes["path"] ?? "";
  return path.slice(Math.max(0, path.lastIndexOf("workout-routes/")));
}

function locationOf(element: XmlElement, { workout, ordinal }: { workout: string; ordinal: number }): RawTrackPoint {
  const { date, latitude, longitude, altitude, horizontalAccuracy, verticalAccuracy, course, speed, ...rest } =
    element.attributes;
  return {
    kind: "track",
    track: null,
    workout,
    ordinal,
    time: date ?? null,
    latitude: latitude ?? null,
    longitude: longitude ?? null,
    elevation: altitude ?? null,
    horizontalAccuracy: horizontalAccuracy ?? null,
    verticalAccuracy: verticalAccuracy ?? null,
    // Core Location's way to say that it does not know.
    course: course === "-1" ? null : (course ?? null),
    speed: speed === "-1" ? null : (speed ?? null),
    extra: Object.keys(rest).length === 0 ? undefined : rest,
  };
}
