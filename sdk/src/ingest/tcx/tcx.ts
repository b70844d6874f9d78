import { detectFiles, type FileKind, readClaimed } from "../claimFiles.ts";
import type { Connector } from "../connector.ts";
import { healthSegments, never } from "../tracks/healthSegments.ts";
import { type RawTrackPoint, toTrackPoint } from "../tracks/trackPoint.ts";
import { xmlRootOf } from "../xml/index.ts";
import { readTcx } from "./readTcx.ts";
import { type RawTcxActivity, toTcxWorkout } from "./toTcxWorkout.ts";

const kind: FileKind = {
  label: "a TCX file",
  extensions: [".tcx"],
  sharedExtensions: [".xml"],
  recognise: (head) => (xmlRootOf(head)?.name === "TrainingCenterDatabase" ? 0.9 : 0),
};

/**
 * Garmin's Training Center XML, version 2: one workout an activity with its laps, one point a Trackpoint, those without a position
 * too. From Garmin Connect, Strava, Polar Flow, Google Fit (Takeout). Other people are not in it, but home and work are.
 */
export const tcx: Connector = {
  id: "tcx",
  segments: healthSegments<never, RawTcxActivity, RawTrackPoint>({
    sample: never,
    workout: toTcxWorkout,
    point: toTrackPoint,
  }),
  detect: (input) => detectFiles(input, kind),
  open: (input, options) =>
    readClaimed(input, { kind, segment: "tracks" }, options, async function* ({ path: file }, chunks) {
      for await (const item of readTcx(chunks, { file, limits: options.limits })) {
        if (item.kind === "point") yield { segment: "tracks", value: item.point, file, position: item.position };
        else yield { segment: "workouts", value: item.activity, file, position: item.position };
      }
    }),
};
