import { createHash } from "node:crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { Cron } from "croner";

/** When a source is due: by a cron expression in a time zone, or every so many seconds from a moment on. */
export type Timing =
  | { readonly cron: string; readonly timeZone: string }
  | { readonly everySeconds: number; readonly fromMs: number };

/** Nothing is asked of a person's account more often than so. */
const leastEverySeconds = 60;
const maxEverySeconds = 366 * 86_400;

/** @throws PersonaError CONFIG_INVALID */
export function requireTiming(timing: Timing): void {
  if ("everySeconds" in timing) {
    const { everySeconds } = timing;
    if (Number.isSafeInteger(everySeconds) && everySeconds >= leastEverySeconds && everySeconds <= maxEverySeconds)
      return;
    throw new PersonaError("CONFIG_INVALID", `A source is due every ${leastEverySeconds} s to a year.`, {
      data: { everySeconds },
    });
  }
  try {
    // Five fields: seconds would let a source be due sixty times a minute.
    const cron = new Cron(timing.cron, { timezone: timing.timeZone, mode: "5-part", paused: true });
    if (cron.nextRun() !== null) return;
  } catch (cause) {
    throw new PersonaError("CONFIG_INVALID", "This is no cron expression of five fields, or no time zone.", {
      data: { cron: timing.cron, timeZone: timing.timeZone },
      cause,
    });
  }
  throw new PersonaError("CONFIG_INVALID", "This cron expression is never due.", { data: { cron: timing.cron } });
}

const crons = new Map<string, Cron>();

/** The first slot after a moment, in Unix milliseconds; undefined where none comes any more. */
export function nextSlot(timing: Timing, afterMs: number): number | undefined {
  if ("everySeconds" in timing) {
    const every = timing.everySeconds * 1_000;
    const passed = Math.floor((afterMs - timing.fromMs) / every);
    return timing.fromMs + Math.max(0, passed + 1) * every;
  }
  const key = `${timing.timeZone} ${timing.cron}`;
  const known = crons.get(key) ?? new Cron(timing.cron, { timezone: timing.timeZone, mode: "5-part", paused: true });
  crons.set(key, known);
  return known.nextRun(new Date(afterMs))?.getTime();
}

/** A slot's own delay, the same whenever it is asked: sources that share a slot do not all ask at once. */
export function dueAt(source: string, slot: number, jitterMs: number): number {
  if (jitterMs === 0) return slot;
  const drawn = createHash("sha256").update(`${source} ${slot}`).digest().readUInt32BE(0);
  return slot + (drawn % (jitterMs + 1));
}
