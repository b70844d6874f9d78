import type { BridgeContext, Bridged, Remark, SegmentDefinition } from "../connector.ts";
import { sampleSchema } from "../schemas/sampleSchema.ts";
import { trackPointSchema } from "../schemas/trackPointSchema.ts";
import { workoutSchema } from "../schemas/workoutSchema.ts";

type Bridge<T> = (value: T, remark: Remark, context: BridgeContext) => Bridged | undefined;

/** The segments of every source of health data: the same names in the same order, whichever of them it fills. */
export function healthSegments<Sample, Workout, Point>(bridges: {
  readonly sample: Bridge<Sample>;
  readonly workout: Bridge<Workout>;
  readonly point: Bridge<Point>;
}): readonly SegmentDefinition[] {
  const { sample, workout, point } = bridges;
  return [
    {
      name: "samples",
      schema: sampleSchema,
      toRecord: (raw, remark, context) => sample(raw.value as Sample, remark, context),
    },
    {
      name: "workouts",
      schema: workoutSchema,
      toRecord: (raw, remark, context) => workout(raw.value as Workout, remark, context),
    },
    {
      name: "tracks",
      schema: trackPointSchema,
      toRecord: (raw, remark, context) => point(raw.value as Point, remark, context),
    },
  ];
}

/** For a segment that a source never fills. */
export function never(): undefined {
  return undefined;
}
