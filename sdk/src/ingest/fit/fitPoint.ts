import type { Bridged, Remark } from "../connector.ts";
import { stableId } from "../stableId.ts";
import { fitDegrees, fitInstant, otherFields, scaled } from "./fitFields.ts";
import type { FitMessage } from "./readFitMessages.ts";

export type RawFitPoint = {
  readonly message: FitMessage;
  readonly origin: string;
  /** Place among the file's records. */
  readonly ordinal: number;
  /** Of field 8, compressed_speed_distance: metres a second, metres. */
  readonly unpacked: { readonly speed: number; readonly distance: number } | undefined;
};

const columns = [253, 0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 31, 73, 78];

/** A record message (20) in the standard schema. */
export function toFitPoint({ message, origin, ordinal, unpacked }: RawFitPoint, remark: Remark): Bridged | undefined {
  const { fields, developer, timestamp } = message;
  if (developer.size === 0 && [...fields.keys()].every((number) => number === 253)) {
    remark("skipped", "holds nothing but a time");
    return undefined;
  }
  const raw = (number: number): string => String(fields.get(number) ?? "");
  const record = {
    id: stableId(
      "fit",
      origin,
      timestamp === null ? `# ${ordinal}` : String(timestamp),
      raw(0),
      raw(1),
      raw(3),
      raw(5),
      raw(8),
    ),
    track: null,
    workout: null,
    kind: "track",
    time: fitInstant(timestamp, remark),
    latitude: fitDegrees(fields, 0, 90, remark),
    longitude: fitDegrees(fields, 1, 180, remark),
    elevation_m: scaled(fields, 78, 5, 500) ?? scaled(fields, 2, 5, 500),
    horizontal_accuracy_m: scaled(fields, 31),
    vertical_accuracy_m: null,
    speed_mps: scaled(fields, 73, 1000) ?? scaled(fields, 6, 1000) ?? unpacked?.speed ?? null,
    course_deg: null,
    distance_m: scaled(fields, 5, 100) ?? unpacked?.distance ?? null,
    heart_rate: scaled(fields, 3),
    cadence: scaled(fields, 4),
    power_w: scaled(fields, 7),
    temperature_c: scaled(fields, 13),
  };
  return { record, extra: otherFields(fields, columns, developer) };
}
