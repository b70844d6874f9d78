import { utcInstant, validInstant, type WallTime, zonedInstant } from "../times.ts";

export type MailDate = {
  readonly instant: Date;
  /** It was written without a zone that anybody knows. */
  readonly unzoned: boolean;
};

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** RFC 5322, 4.3, in minutes. Military letters are of no use: half of the world wrote them with the wrong sign. */
const zones: Readonly<Record<string, number>> = {
  UT: 0,
  UTC: 0,
  GMT: 0,
  Z: 0,
  EST: -300,
  EDT: -240,
  CST: -360,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  CET: 60,
  CEST: 120,
  MET: 60,
  MEST: 120,
};

const written =
  /\b(\d{1,2})[ -]([A-Za-z]{3,9})\.?[ -,]+(\d{2,4})[ ,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d{1,9})?)?/;
const asctime = /\b([A-Za-z]{3}) (\d{1,2}) (\d{1,2}):(\d{2})(?::(\d{2}))?( [A-Z]{3,4}| [+-]\d{4})? (\d{4})\b/;
const iso = /\b(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?/;

/**
 * When a mail says that it was sent: RFC 5322 with its obsolete forms, and the two others that are seen (asctime, ISO 8601).
 * Null for what is none of them and for days that do not exist; never a guess.
 *
 * @param timeZone of dates without one
 */
export function parseMailDate(text: string, timeZone: string): MailDate | null {
  const line = text
    .slice(0, 256)
    .replace(/\([^()]{0,100}\)/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  const usual = written.exec(line);
  if (usual !== null) {
    const [found, day, name = "", year = "", hour, minute, second] = usual;
    return instantOf(
      wall(fullYear(year), monthOf(name), day, hour, minute, second),
      line.slice(usual.index + found.length),
      timeZone,
    );
  }
  const old = asctime.exec(line);
  if (old !== null) {
    const [found, name = "", day, hour, minute, second, zone = "", year] = old;
    const after = line.slice(old.index + found.length);
    return instantOf(
      wall(Number(year), monthOf(name), day, hour, minute, second),
      zone === "" ? after : zone,
      timeZone,
    );
  }
  const sorted = iso.exec(line);
  if (sorted !== null) {
    const [found, year, month, day, hour, minute, second, fraction = ""] = sorted;
    const millisecond = Number(fraction.slice(0, 3).padEnd(3, "0"));
    const reading = { ...wall(Number(year), Number(month), day, hour, minute, second), millisecond };
    return instantOf(reading, line.slice(sorted.index + found.length), timeZone);
  }
  return null;
}

function wall(
  year: number,
  month: number,
  day: string | undefined,
  hour: string | undefined,
  minute: string | undefined,
  second: string | undefined,
): WallTime {
  return { year, month, day: Number(day), hour: Number(hour), minute: Number(minute), second: Number(second ?? 0) };
}

function instantOf(reading: WallTime, after: string, timeZone: string): MailDate | null {
  const zoneMinutes = zoneOf(after.trim());
  if (zoneMinutes === undefined) {
    const instant = zonedInstant(reading, timeZone);
    return instant === null ? null : { instant, unzoned: true };
  }
  const local = utcInstant(reading);
  const instant = local === null ? null : validInstant(local.getTime() - zoneMinutes * 60_000);
  return instant === null ? null : { instant, unzoned: false };
}

function zoneOf(text: string): number | undefined {
  const offset = /^(?:GMT|UTC?)?([+-])(\d{2}):?(\d{2})\b/.exec(text);
  if (offset !== null) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3]);
    return minutes > 24 * 60 ? undefined : offset[1] === "-" ? -minutes : minutes;
  }
  const name = /^[A-Za-z]{1,4}\b/.exec(text)?.[0].toUpperCase();
  return name !== undefined && Object.hasOwn(zones, name) ? zones[name] : undefined;
}

/** Two digits: RFC 5322, 4.3. Three: counted from 1900, as a program did in 2000. */
function fullYear(text: string): number {
  const year = Number(text);
  if (text.length === 2) return year < 50 ? 2000 + year : 1900 + year;
  return text.length === 3 ? 1900 + year : year;
}

/** 0, which no date has, for what is no month. */
function monthOf(name: string): number {
  return months.indexOf(name.slice(0, 3).toLowerCase()) + 1;
}
