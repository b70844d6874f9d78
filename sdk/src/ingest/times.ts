/** A wall clock's reading. Months and days from 1. */
export type WallTime = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond?: number;
};

/** First and last instant that Parquet, RFC 3339 and every engine agree on. */
const earliest = -62_135_596_800_000;
const latest = 253_402_300_799_999;

/** The instant, or null when it is none of the years 1 to 9999 (a date in the year 275760 is nobody's). */
export function validInstant(time: number): Date | null {
  return Number.isFinite(time) && time >= earliest && time <= latest ? new Date(time) : null;
}

/** The reading as an instant of UTC; null when there is no such time: 30 February, 25 o'clock. A leap second is the one before. */
export function utcInstant(wall: WallTime): Date | null {
  const { year, month, day, hour, minute, second, millisecond = 0 } = wall;
  if (!(second <= 60 && minute <= 59 && hour <= 23 && day >= 1 && day <= lastDay(year, month))) return null;
  // Date.UTC takes the years before 100 for those of a century later; 400 years are always as long.
  const time = Date.UTC(
    year < 100 ? year + 400 : year,
    month - 1,
    day,
    hour,
    minute,
    Math.min(second, 59),
    millisecond,
  );
  return validInstant(year < 100 ? time - millisecondsOf400Years : time);
}

const millisecondsOf400Years = 146_097 * 86_400_000;

/** Of a month of the Gregorian calendar; 0 where there is no such month. */
function lastDay(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [0, 31, 0, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month] ?? 0;
}

/**
 * The instant at which a clock of this zone shows this. Where it shows it twice (summer time ends), the first; where it never
 * does (it begins), the reading before the jump applied. Null when there is no such date. Throws RangeError for a zone that
 * nobody knows: check it with {@link isTimeZone} first.
 */
export function zonedInstant(wall: WallTime, timeZone: string): Date | null {
  const utc = utcInstant(wall);
  if (utc === null || timeZone === "UTC") return utc;
  const local = utc.getTime();
  // The offsets a day before and after are all that can hold here.
  const before = local - offsetAt(local - 86_400_000, timeZone);
  const after = local - offsetAt(local + 86_400_000, timeZone);
  const fits = [before, after].filter((time) => time + offsetAt(time, timeZone) === local);
  return validInstant(fits.length > 0 ? Math.min(...fits) : before);
}

export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false; // RangeError, by which Intl says no
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const parts = {
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  } as const;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    calendar: "gregory",
    era: "short",
    ...parts,
  });
  formats.set(timeZone, format);
  return format;
}

/** Milliseconds that the zone is ahead of UTC at this instant. */
function offsetAt(time: number, timeZone: string): number {
  const shown: Record<string, string> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(time)) shown[type] = value;
  const part = (name: string): number => Number(shown[name]);
  const year = shown["era"]?.startsWith("B") === true ? 1 - part("year") : part("year");
  const date = new Date(0);
  date.setUTCFullYear(year, part("month") - 1, part("day"));
  date.setUTCHours(part("hour"), part("minute"), part("second"), 0);
  return date.getTime() - Math.floor(time / 1000) * 1000;
}
