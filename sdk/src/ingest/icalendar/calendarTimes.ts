import type { BridgeContext, Remark } from "../connector.ts";
import { utcInstant, validInstant, type WallTime, zonedInstant } from "../times.ts";
import { paramOf } from "../vobject/lineValues.ts";
import type { ContentLine } from "../vobject/readContentLines.ts";
import type { Zones } from "./zones.ts";

/** A time of a calendar: an instant where there is one, and what the calendar shows. */
export type CalendarTime = {
  readonly instant: Date;
  /** `YYYY-MM-DD`, for days without time. */
  readonly day: string | null;
  /** `YYYY-MM-DDThh:mm:ss` as written. */
  readonly local: string;
  /** As the file names it; null for floating times and days. */
  readonly zone: string | null;
};

const pattern = /^(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2}):?(\d{2})?(?:\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * DTSTART and the like. Days are taken by their form, whether or not they say VALUE=DATE. A time without a zone (floating), or in
 * one that nobody knows, is read in the import's zone. Undefined when there is none; null when it is no time.
 */
export function calendarTime(
  line: ContentLine | undefined,
  zones: Zones,
  { timeZone }: BridgeContext,
  remark: Remark,
): CalendarTime | null | undefined {
  if (line === undefined || line.value.trim() === "") return undefined;
  let text = line.value.trim().split(",")[0] ?? "";
  let tzid = paramOf(line, "TZID");
  // A name with a colon in it, not quoted: `TZID=(UTC+01:00) Oslo:20240101T100000`.
  const tail = /^([^:]{1,100}):(\d{8}(?:T\d{6}Z?)?)$/.exec(text);
  if (tail !== null && tzid !== undefined) {
    tzid = `${tzid}:${tail[1]}`;
    text = tail[2] ?? "";
  }
  const found = pattern.exec(text);
  if (found === null) {
    remark("changed", "has a time that is none");
    return null;
  }
  const [, year = "", month = "", day = "", hour, minute = "00", second = "00", utc] = found;
  const wall: WallTime = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour ?? 0),
    minute: Number(minute),
    second: Number(second),
  };
  const date = `${year}-${month}-${day}`;
  const none = (): null => {
    remark("changed", "has a time that is none");
    return null;
  };
  if (hour === undefined) {
    const instant = utcInstant(wall);
    return instant === null ? none() : { instant, day: date, local: `${date}T00:00:00`, zone: null };
  }
  const local = `${date}T${hour}:${minute}:${second}`;
  if (utc !== undefined || tzid === "UTC" || tzid === "tzone://Microsoft/Utc") {
    const reading = utcInstant(wall);
    const instant = reading === null ? null : validInstant(reading.getTime() - offsetOf(utc) * 60_000);
    return instant === null
      ? none()
      : { instant, day: null, local, zone: utc === undefined || utc === "Z" ? "UTC" : utc };
  }
  const zone = tzid === undefined ? undefined : zones.find(tzid);
  if (zone === undefined) {
    const reason = tzid === undefined ? "has no time zone" : "has a time zone that nobody knows";
    const instant = zonedInstant(wall, timeZone);
    if (instant === null) return none();
    remark("changed", `${reason}: read in the import's zone`);
    return { instant, day: null, local, zone: tzid?.toWellFormed() ?? null };
  }
  const instant = zone(wall);
  return instant === null ? none() : { instant, day: null, local, zone: tzid?.toWellFormed() ?? null };
}

/** Minutes ahead of UTC of `+0200`, which no RFC allows behind a time and some programs write; 0 for none. */
function offsetOf(zone: string | undefined): number {
  const found = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? "");
  if (found === null) return 0;
  const minutes = Number(found[2]) * 60 + Number(found[3]);
  return found[1] === "-" ? -minutes : minutes;
}

/** End of what begins at `start` and lasts so (RFC 5545, 3.3.6): days of a calendar, then exact time. Null for no duration. */
export function addDuration(start: Date, text: string): Date | null {
  const found = /^\+?P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?$/.exec(
    text.trim(),
  );
  if (found === null || text.trim().length < 3) return null;
  const [, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = found;
  const whole =
    (Number(weeks) * 7 + Number(days)) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return validInstant(start.getTime() + whole * 1000);
}
