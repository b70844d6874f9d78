import type { Bridged, Remark } from "../connector.ts";
import { stableId } from "../stableId.ts";
import type { XmlAttributes, XmlElement } from "../xml/index.ts";
import { parseAppleDate } from "./appleDate.ts";
import { metadataOf } from "./toSample.ts";

export type RawWorkout = {
  readonly id: string;
  readonly attributes: XmlAttributes;
  /** Its metadata, events and statistics. */
  readonly parts: readonly XmlElement[];
  /** Paths of its routes, from `workout-routes/` on. */
  readonly routes: readonly string[];
};

/** Times as instants: an export writes them in the zone the telephone is in that day. */
export function workoutId(attributes: XmlAttributes): string {
  const instant = (name: string): string | null => {
    const text = attributes[name] ?? null;
    const time = text === null ? null : parseAppleDate(text);
    return time === null ? text : String(time.getTime());
  };
  return stableId(
    attributes["workoutActivityType"] ?? null,
    attributes["sourceName"] ?? null,
    instant("startDate"),
    instant("endDate"),
    instant("creationDate"),
  );
}

const columns = [
  "workoutActivityType",
  "duration",
  "durationUnit",
  "totalDistance",
  "totalDistanceUnit",
  "totalEnergyBurned",
  "totalEnergyBurnedUnit",
  "sourceName",
  "sourceVersion",
  "device",
  "creationDate",
  "startDate",
  "endDate",
];

const seconds: Units = { min: 60, s: 1, sec: 1, hr: 3600, h: 3600 };
const metres: Units = { m: 1, km: 1000, mi: 1609.344, ft: 0.3048, yd: 0.9144 };
const kilocalories: Units = { kcal: 1, Cal: 1, kJ: 1 / 4.184, J: 1 / 4184, cal: 0.001 };

/** A workout in the standard schema: sums are its own, or since 2022 those of its statistics. */
export function toWorkout(workout: RawWorkout, remark: Remark): Bridged {
  const { attributes } = workout;
  const date = (name: string): Date | null => {
    const text = attributes[name];
    const time = text === undefined ? null : parseAppleDate(text);
    if (time === null) remark("changed", `${name} is not a date`);
    return time;
  };
  const statistic = (type: RegExp): XmlElement | undefined =>
    workout.parts.find(({ name, attributes: of }) => name === "WorkoutStatistics" && type.test(of["type"] ?? ""));
  const distance = statistic(/^HKQuantityTypeIdentifierDistance/)?.attributes;
  const energy = statistic(/^HKQuantityTypeIdentifierActiveEnergyBurned$/)?.attributes;
  const heart = statistic(/^HKQuantityTypeIdentifierHeartRate$/)?.attributes;
  const record = {
    id: workout.id,
    activity_name: activityName(attributes["workoutActivityType"]),
    start_date_time: date("startDate"),
    end_date_time: date("endDate"),
    duration_s: inUnit(attributes["duration"], attributes["durationUnit"], seconds, remark),
    distance_m:
      inUnit(attributes["totalDistance"], attributes["totalDistanceUnit"], metres, remark) ??
      inUnit(distance?.["sum"], distance?.["unit"], metres, remark),
    energy_kcal:
      inUnit(attributes["totalEnergyBurned"], attributes["totalEnergyBurnedUnit"], kilocalories, remark) ??
      inUnit(energy?.["sum"], energy?.["unit"], kilocalories, remark),
    heart_rate_avg: inUnit(heart?.["average"], heart?.["unit"], { "count/min": 1 }, remark),
    heart_rate_max: inUnit(heart?.["maximum"], heart?.["unit"], { "count/min": 1 }, remark),
    source_name: attributes["sourceName"] ?? null,
    source_version: attributes["sourceVersion"] ?? null,
    device: attributes["device"] ?? null,
    creation_date_time: date("creationDate"),
    details: metadataOf(workout.parts),
  };
  const extra = Object.entries(attributes).filter(([name]) => !columns.includes(name));
  return { record, extra: extra.length === 0 ? undefined : Object.fromEntries(extra) };
}

type Units = Readonly<Record<string, number>>;

function inUnit(text: string | undefined, unit: string | undefined, units: Units, remark: Remark): number | null {
  if (text === undefined || text === "") return null;
  const factor = unit !== undefined && Object.hasOwn(units, unit) ? units[unit] : undefined;
  const value = /^-?\d{1,20}(?:\.\d{1,30})?(?:[eE]-?\d{1,2})?$/.test(text) ? Number(text) : Number.NaN;
  if (factor !== undefined && Number.isFinite(value)) return value * factor;
  remark("changed", "a sum of a workout is no number in a unit that is known");
  return null;
}

/** `HKWorkoutActivityTypeTraditionalStrengthTraining` → `traditional strength training`. */
function activityName(type: string | undefined): string | null {
  if (type === undefined) return null;
  const words = type.replace(/^HKWorkoutActivityType/, "").replace(/([a-z])([A-Z])/g, "$1 $2");
  return words.toLowerCase();
}
