import { detectFiles, type FileKind, readClaimed } from "../claimFiles.ts";
import type { Connector } from "../connector.ts";
import { healthSegments, never } from "../tracks/healthSegments.ts";
import { type RawTrackPoint, toTrackPoint } from "../tracks/trackPoint.ts";
import { xmlRootOf } from "../xml/index.ts";
import { readGpx } from "./readGpx.ts";

const kind: FileKind = {
  label: "a GPX file",
  extensions: [".gpx"],
  sharedExtensions: [".xml"],
  recognise: (head) => (xmlRootOf(head)?.name === "gpx" ? 0.9 : 0),
};

/**
 * GPX 1.0 and 1.1: tracks, routes and waypoints, one record a point, with what watches add (heart rate, cadence, power,
 * temperature, speed). From Strava, Komoot, Garmin Connect and every other app that exports tracks. Other people are not in it, but
 * home and work are.
 */
export const gpx: Connector = {
  id: "gpx",
  segments: healthSegments<never, never, RawTrackPoint>({ sample: never, workout: never, point: toTrackPoint }),
  detect: (input) => detectFiles(input, kind),
  open: (input, options) =>
    readClaimed(input, { kind, segment: "tracks" }, options, async function* (file, chunks) {
      for await (const { point, position } of readGpx(chunks, { file: file.path, limits: options.limits })) {
        yield { segment: "tracks", value: point, file: file.path, position };
      }
    }),
};
