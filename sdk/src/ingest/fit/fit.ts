import { detectFiles, type FileKind, readClaimed } from "../claimFiles.ts";
import type { Connector, RawItem, RawRecord } from "../connector.ts";
import { leftOut } from "../leftOut.ts";
import { healthSegments } from "../tracks/healthSegments.ts";
import { type RawFitPoint, toFitPoint } from "./fitPoint.ts";
import { createFitPoints, createFitSamples, createFitWorkouts } from "./fitRaw.ts";
import { isFitSample, type RawFitSample, toFitSample } from "./fitSample.ts";
import { type RawFitWorkout, toFitWorkout } from "./fitWorkout.ts";
import { type FitMessage, isFit, readFitMessages } from "./readFitMessages.ts";

const kind: FileKind = {
  label: "a FIT file",
  extensions: [".fit"],
  sharedExtensions: [],
  recognise: (head) => (isFit(head) ? 0.9 : 0),
};

const FILE_ID = 0;
const SESSION = 18;
const LAP = 19;
const RECORD = 20;
const FIELD_DESCRIPTION = 206;
const DEVELOPER_DATA_ID = 207;

/**
 * FIT, the binary files of sports watches and bicycle computers (Garmin, Wahoo, Coros, Suunto, Zwift; Strava's and Garmin's archives
 * hold them): a session is a workout with its laps, a record is a point of the track with or without a position, a message of monitoring,
 * of scales or of blood pressure is a sample. Messages of other kinds (settings, devices, events) are counted and kept apart. Other people are not in it, but home
 * and work are.
 */
export const fit: Connector = {
  id: "fit",
  segments: healthSegments<RawFitSample, RawFitWorkout, RawFitPoint>({
    sample: toFitSample,
    workout: toFitWorkout,
    point: toFitPoint,
  }),
  detect: (input) => detectFiles(input, kind),
  open: (input, options) =>
    readClaimed(input, { kind, segment: "tracks" }, options, ({ path }, chunks) => readFile(path, chunks)),
};

async function* readFile(file: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RawItem> {
  let origin: FitMessage | undefined;
  const points = createFitPoints();
  const samples = createFitSamples();
  const workouts = createFitWorkouts(file);
  for await (const message of readFitMessages(chunks, file)) {
    const { position } = message;
    const raw = (segment: string, value: unknown): RawRecord => ({ segment, value, file, position });
    if (message.kind === "damage") {
      yield { segment: "tracks", remark: "changed", reason: message.reason, file, position };
      continue;
    }
    samples.saw(message);
    switch (message.number) {
      case FILE_ID:
        origin = message;
        break;
      case FIELD_DESCRIPTION:
      case DEVELOPER_DATA_ID:
        break;
      case RECORD:
        yield raw("tracks", points.next(message, origin));
        break;
      case LAP:
        workouts.addLap(message);
        break;
      case SESSION:
        yield raw("workouts", workouts.session(message, origin));
        break;
      default:
        if (isFitSample(message.number)) yield raw("samples", samples.next(message, origin));
        else yield leftOut("samples", file, "is a message about something else", { position, fields: plain(message) });
    }
  }
}

/** A message of a kind that has no schema: its number and fields by theirs, as the profile counts them. */
function plain({ number, timestamp, fields, developer }: FitMessage): Readonly<Record<string, unknown>> {
  return {
    message: number,
    timestamp,
    fields: Object.fromEntries(fields),
    ...(developer.size === 0 ? {} : { developer: Object.fromEntries(developer) }),
  };
}
