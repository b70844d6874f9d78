import type { Bridged, Remark } from "../connector.ts";
import { stableId } from "../stableId.ts";
import { exactJsonText } from "../text/json.ts";
import { fitInstant, otherFields, scaled } from "./fitFields.ts";
import type { FitMessage } from "./readFitMessages.ts";

export type RawFitSample = {
  readonly message: FitMessage;
  readonly origin: string;
  /** Seconds since 1989-12-31 UTC. */
  readonly time: number | null;
  /** Place among the messages of one time. */
  readonly ordinal: number;
};

type Measure = {
  readonly field: number;
  readonly type: string | null;
  readonly name: string;
  readonly scale: number;
  readonly unit: string;
};

const monitoring: readonly Measure[] = [
  { field: 27, type: "heart-rate", name: "heart_rate", scale: 1, unit: "bpm" },
  // Steps while walking and running, strokes while swimming: the profile counts them in halves.
  { field: 3, type: "step-count", name: "cycles", scale: 2, unit: "cycles" },
  { field: 2, type: "physical-activity", name: "distance", scale: 100, unit: "m" },
  { field: 19, type: "calories-burned", name: "active_calories", scale: 1, unit: "kcal" },
  { field: 1, type: "calories-burned", name: "calories", scale: 1, unit: "kcal" },
  { field: 24, type: null, name: "current_activity_type_intensity", scale: 1, unit: "" },
];

/** What one message measures first of all, by the message's number; it holds the other fields in its metadata. */
const kinds: ReadonlyMap<number, { readonly name: string; readonly measures: readonly Measure[] }> = new Map([
  [55, { name: "monitoring", measures: monitoring }],
  [
    30,
    {
      name: "weight_scale",
      measures: [{ field: 0, type: "body-weight", name: "weight", scale: 100, unit: "kg" }],
    },
  ],
  [
    51,
    {
      name: "blood_pressure",
      measures: [{ field: 0, type: "systolic-blood-pressure", name: "systolic_pressure", scale: 1, unit: "mmHg" }],
    },
  ],
]);

/** Messages that are samples. */
export function isFitSample(number: number): boolean {
  return kinds.has(number);
}

/** A message of monitoring (55), of scales (30) or of blood pressure (51) in the standard schema. */
export function toFitSample({ message, origin, time, ordinal }: RawFitSample, remark: Remark): Bridged {
  const { fields, developer } = message;
  const kind = kinds.get(message.number);
  const measure = kind?.measures.find(({ field }) => typeof fields.get(field) === "number");
  const instant = fitInstant(time, remark);
  if (instant === null) remark("changed", "has no time");
  const rest = otherFields(fields, measure === undefined ? [253, 26] : [253, 26, measure.field], developer);
  const record = {
    id: stableId("fit", origin, String(time), String(ordinal), exactJsonText([...fields])),
    type: measure?.type ?? null,
    source_type: `${kind?.name ?? "message"} ${measure?.name ?? "message"}`,
    start_date_time: instant,
    end_date_time: instant,
    value: measure === undefined ? null : scaled(fields, measure.field, measure.scale),
    value_text: null,
    unit: measure === undefined || measure.unit === "" ? null : measure.unit,
    source_name: null,
    source_version: null,
    device: null,
    creation_date_time: null,
    metadata: rest === undefined ? null : exactJsonText(rest),
  };
  return { record };
}
