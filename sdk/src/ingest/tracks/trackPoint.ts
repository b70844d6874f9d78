import type { BridgeContext, Bridged, Remark } from "../connector.ts";
import { stableId } from "../stableId.ts";
import { degrees, measured } from "./measured.ts";
import { parseInstant } from "./parseInstant.ts";

/** A point as its source wrote it: numbers and times are still texts. */
export type RawTrackPoint = {
  readonly kind: "track" | "route" | "waypoint";
  /** Name of the track, and id of the workout, it is part of. */
  readonly track: string | null;
  readonly workout: string | null;
  /** Place in the track: what tells points without a time apart. */
  readonly ordinal: number;
  readonly time?: string | null;
  readonly latitude?: string | null;
  readonly longitude?: string | null;
  readonly elevation?: string | null;
  readonly horizontalAccuracy?: string | null;
  readonly verticalAccuracy?: string | null;
  readonly speed?: string | null;
  readonly course?: string | null;
  readonly distance?: string | null;
  readonly heartRate?: string | null;
  readonly cadence?: string | null;
  readonly power?: string | null;
  readonly temperature?: string | null;
  /** Fields that no column holds. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
};

/** A point in the standard schema: the one bridge of GPX, TCX and Apple's routes. */
export function toTrackPoint(point: RawTrackPoint, remark: Remark, context: BridgeContext): Bridged {
  const time = parseInstant(point.time, remark, context);
  const latitude = degrees(point.latitude, 90, remark);
  const longitude = degrees(point.longitude, 180, remark);
  // Two points of one second are two points; one point in two files is one. Without a time only its place tells.
  const id = stableId(
    point.kind,
    time === null ? `${point.track ?? ""} ${point.ordinal}` : String(time.getTime()),
    point.latitude ?? null,
    point.longitude ?? null,
    point.elevation ?? null,
    point.heartRate ?? null,
    point.distance ?? null,
  );
  const record = {
    id,
    track: point.track,
    workout: point.workout,
    kind: point.kind,
    time,
    latitude,
    longitude,
    elevation_m: measured(point.elevation, remark),
    horizontal_accuracy_m: measured(point.horizontalAccuracy, remark),
    vertical_accuracy_m: measured(point.verticalAccuracy, remark),
    speed_mps: measured(point.speed, remark),
    course_deg: measured(point.course, remark),
    distance_m: measured(point.distance, remark),
    heart_rate: measured(point.heartRate, remark),
    cadence: measured(point.cadence, remark),
    power_w: measured(point.power, remark),
    temperature_c: measured(point.temperature, remark),
  };
  return { record, extra: point.extra };
}
