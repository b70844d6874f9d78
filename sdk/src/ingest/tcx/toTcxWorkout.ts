import type { BridgeContext, Bridged, Remark } from "../connector.ts";
import { measured } from "../tracks/measured.ts";
import { parseInstant } from "../tracks/parseInstant.ts";
import { otherChildren, textOf, type XmlElement } from "../xml/index.ts";

export type RawTcxActivity = {
  /** Its id in the standard schema. */
  readonly workout: string;
  readonly sport: string | null;
  /** The time it began. */
  readonly id: string | null;
  /** What each lap holds, points left out, its StartTime first. */
  readonly laps: readonly (readonly XmlElement[])[];
  readonly parts: readonly XmlElement[];
  /** Time of the last point. */
  readonly lastTime: string | null;
};

/** An activity in the standard schema: the sums are those of its laps. */
export function toTcxWorkout(activity: RawTcxActivity, remark: Remark, context: BridgeContext): Bridged {
  const laps = activity.laps.map((children): XmlElement => ({ name: "Lap", attributes: {}, children, text: "" }));
  const values = (...path: readonly string[]): number[] =>
    laps.flatMap((lap) => measured(textOf(lap, ...path), remark) ?? []);
  const sum = (...path: readonly string[]): number | null => {
    const numbers = values(...path);
    return numbers.length === 0 ? null : numbers.reduce((total, value) => total + value, 0);
  };
  const start = parseInstant(activity.id ?? textOf(laps[0], "StartTime"), remark, context);
  const duration = sum("TotalTimeSeconds");
  const maxima = values("MaximumHeartRateBpm", "Value");
  const creator = activity.parts.find(({ name }) => name === "Creator");
  const rest = otherChildren({ name: "", attributes: {}, text: "", children: activity.parts }, ["Creator"]);
  const details = { laps: laps.map((lap) => otherChildren(lap, []) ?? {}), ...rest };
  const record = {
    id: activity.workout,
    activity_name: activity.sport?.toLowerCase() ?? null,
    start_date_time: start,
    end_date_time: parseInstant(activity.lastTime, remark, context),
    duration_s: duration,
    distance_m: sum("DistanceMeters"),
    energy_kcal: sum("Calories"),
    heart_rate_avg: meanHeartRate(laps, remark),
    heart_rate_max: maxima.length === 0 ? null : maxima.reduce((most, value) => Math.max(most, value)),
    source_name: textOf(creator, "Name"),
    source_version: null,
    device: textOf(creator, "UnitId"),
    creation_date_time: null,
    details: JSON.stringify(details),
  };
  const extra = creator === undefined ? undefined : otherChildren(creator, ["Name", "UnitId"]);
  return { record, extra: extra === undefined ? undefined : { Creator: extra } };
}

/** Laps count by their time; null when a lap has no heart rate or no time. */
function meanHeartRate(laps: readonly XmlElement[], remark: Remark): number | null {
  let beats = 0;
  let seconds = 0;
  for (const lap of laps) {
    const rate = measured(textOf(lap, "AverageHeartRateBpm", "Value"), remark);
    const time = measured(textOf(lap, "TotalTimeSeconds"), remark);
    if (rate === null || time === null) return null;
    beats += rate * time;
    seconds += time;
  }
  return seconds > 0 ? beats / seconds : null;
}
