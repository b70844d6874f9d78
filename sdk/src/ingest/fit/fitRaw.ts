import { PersonaError } from "../../errors/index.ts";
import { stableId } from "../stableId.ts";
import type { FitValue } from "./baseTypes.ts";
import type { RawFitPoint } from "./fitPoint.ts";
import type { RawFitSample } from "./fitSample.ts";
import type { RawFitWorkout } from "./fitWorkout.ts";
import type { FitMessage } from "./readFitMessages.ts";

/** Laps are held until their session, which comes after them. */
const maxLaps = 10_000;

/** What a file says of itself: its type, who made it with what, serial number and time. The same in every copy. */
function originOf(origin: FitMessage | undefined): string {
  if (origin === undefined) return "";
  return [0, 1, 2, 3, 4].map((number) => String(origin.fields.get(number) ?? "")).join(" ");
}

/** Points, with what earlier messages say of them. */
export function createFitPoints() {
  let ordinal = 0;
  let distance = 0;
  let lastDistance: number | undefined;
  return {
    next(message: FitMessage, origin: FitMessage | undefined): RawFitPoint {
      ordinal += 1;
      const compressed = message.fields.get(8);
      let unpacked: RawFitPoint["unpacked"];
      if (Array.isArray(compressed) && compressed.length === 3) {
        const [a = 0, b = 0, c = 0] = compressed.map(Number);
        // Twelve bits of speed in cm/s, twelve of a distance in 1/16 m that rolls over.
        const raw = (b >> 4) | (c << 4);
        distance += lastDistance === undefined ? raw : (raw - lastDistance + 4096) % 4096;
        lastDistance = raw;
        unpacked = { speed: (a | ((b & 0x0f) << 8)) / 100, distance: distance / 16 };
      }
      return { message, origin: originOf(origin), ordinal, unpacked };
    },
  };
}

/** Monitoring messages, whose times may be the low sixteen bits of one that goes on from the last whole one of any message. */
export function createFitSamples() {
  let last: number | undefined;
  let before: number | null | undefined;
  let ordinal = 0;
  return {
    saw({ timestamp }: FitMessage): void {
      last = timestamp ?? last;
    },
    next(message: FitMessage, origin: FitMessage | undefined): RawFitSample {
      const low = message.fields.get(26);
      if (message.timestamp === null && typeof low === "number" && last !== undefined) {
        last += (low - (last & 0xffff) + 65_536) % 65_536;
      }
      const time = message.timestamp ?? (typeof low === "number" ? (last ?? null) : null);
      ordinal = time === before ? ordinal + 1 : 0;
      before = time;
      return { message, origin: originOf(origin), time, ordinal };
    },
  };
}

/** Sessions, with the laps since the last one. */
export function createFitWorkouts(file: string) {
  let laps: ReadonlyMap<number, FitValue>[] = [];
  return {
    addLap({ fields, position }: FitMessage): void {
      laps.push(fields);
      if (laps.length > maxLaps) {
        throw new PersonaError("EXPORT_INVALID", `${file} holds a session of more than ${maxLaps} laps.`, {
          data: { file, position },
        });
      }
    },
    session(message: FitMessage, origin: FitMessage | undefined): RawFitWorkout {
      const raw: RawFitWorkout = {
        message,
        origin,
        laps,
        id: stableId(
          "fit",
          originOf(origin),
          String(message.fields.get(2) ?? ""),
          String(message.fields.get(254) ?? ""),
        ),
      };
      laps = [];
      return raw;
    },
  };
}
