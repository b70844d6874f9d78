import type { Bridged, Remark } from "../connector.ts";
import { exactJsonText } from "../text/json.ts";
import type { FitValue } from "./baseTypes.ts";
import { fitInstant, otherFields, scaled } from "./fitFields.ts";
import type { FitMessage } from "./readFitMessages.ts";

export type RawFitWorkout = {
  readonly id: string;
  readonly message: FitMessage;
  readonly origin: FitMessage | undefined;
  readonly laps: readonly ReadonlyMap<number, FitValue>[];
};

/** The profile's sports that people have; others are their number. */
const sports = [
  "generic",
  "running",
  "cycling",
  "transition",
  "fitness equipment",
  "swimming",
  "basketball",
  "soccer",
  "tennis",
  "american football",
  "training",
  "walking",
  "cross country skiing",
  "alpine skiing",
  "snowboarding",
  "rowing",
  "mountaineering",
  "hiking",
  "multisport",
  "paddling",
];

const columns = [253, 2, 5, 7, 8, 9, 11, 16, 17];

/** A session message (18) with its laps in the standard schema. */
export function toFitWorkout({ id, message, origin, laps }: RawFitWorkout, remark: Remark): Bridged {
  const { fields, developer } = message;
  const start = fitInstant(fields.get(2), remark);
  const elapsed = scaled(fields, 7, 1000);
  const sport = fields.get(5);
  const serial = origin?.fields.get(3);
  const record = {
    id,
    activity_name: typeof sport === "number" ? (sports[sport] ?? `sport ${sport}`) : null,
    start_date_time: start,
    // Its own time is when it was written: that may be after the last lap.
    end_date_time: start !== null && elapsed !== null ? new Date(start.getTime() + Math.round(elapsed * 1000)) : null,
    duration_s: scaled(fields, 8, 1000) ?? elapsed,
    distance_m: scaled(fields, 9, 100),
    energy_kcal: scaled(fields, 11),
    heart_rate_avg: scaled(fields, 16),
    heart_rate_max: scaled(fields, 17),
    source_name: null,
    source_version: null,
    device: serial === undefined ? null : String(serial),
    creation_date_time: fitInstant(origin?.fields.get(4), remark),
    details: exactJsonText({
      laps: laps.map((lap) => ({
        start_time: fitInstant(lap.get(2), remark)?.toISOString() ?? null,
        total_elapsed_time_s: scaled(lap, 7, 1000),
        total_timer_time_s: scaled(lap, 8, 1000),
        total_distance_m: scaled(lap, 9, 100),
        total_calories: scaled(lap, 11),
        avg_heart_rate: scaled(lap, 15),
        max_heart_rate: scaled(lap, 16),
        ...otherFields(lap, [2, 7, 8, 9, 11, 15, 16]),
      })),
    }),
  };
  return { record, extra: otherFields(fields, columns, developer) };
}
