import ICAL from "ical.js";
import { isTimeZone, utcInstant, validInstant, type WallTime, zonedInstant } from "../times.ts";
import { paramOf } from "../vobject/lineValues.ts";
import type { Component } from "../vobject/readComponents.ts";

/** The instant of a reading in the zone; null for no date. */
type Zone = (wall: WallTime) => Date | null;

/** Zones that a file defines itself are for odd names; a file with more is no calendar. */
const maxDefined = 500;

export type Zones = {
  define(component: Component): void;
  /** Undefined for a name that nobody knows and the file does not define. */
  find(tzid: string): Zone | undefined;
};

/**
 * Zones by their TZID: the world's own (IANA), also behind the prefixes that programs put before them; what the file's VTIMEZONE
 * says of itself; Windows' names.
 */
export function createZones(): Zones {
  const defined = new Map<string, Component>();
  const found = new Map<string, Zone | undefined>();
  return {
    define(component) {
      const tzid = component.lines.find(({ name }) => name === "TZID")?.value.trim();
      if (tzid !== undefined && defined.size < maxDefined && !defined.has(tzid)) defined.set(tzid, component);
    },
    find(tzid) {
      const name = tzid.trim();
      if (found.has(name)) return found.get(name);
      const zone = zoneOf(name, defined.get(name));
      if (found.size < maxDefined) found.set(name, zone);
      return zone;
    },
  };
}

function zoneOf(tzid: string, component: Component | undefined): Zone | undefined {
  const place = component?.lines.find(({ name }) => name === "X-LIC-LOCATION")?.value.trim();
  const iana = ianaName(tzid) ?? (place === undefined ? undefined : ianaName(place));
  if (iana !== undefined) return (wall) => zonedInstant(wall, iana);
  if (component !== undefined) {
    const own = definedZone(component);
    if (own !== undefined) return own;
  }
  const named = windowsZones[tzid];
  return named === undefined ? undefined : (wall) => zonedInstant(wall, named);
}

/** `Europe/Oslo` of `/freeassociation.sourceforge.net/Europe/Oslo`; a lone word must be the whole name. */
function ianaName(tzid: string): string | undefined {
  if (tzid.length > 128) return undefined;
  // Offsets such as +11 are zones for Intl, and their sign is read both ways: the file's own definition decides.
  const known = (name: string): boolean => /^[A-Za-z]/.test(name) && isTimeZone(name);
  if (known(tzid)) return tzid;
  const parts = tzid.split("/");
  for (const count of [3, 2]) {
    const name = parts.slice(-count).join("/");
    if (parts.length > count && known(name)) return name;
  }
  return undefined;
}

/** Years beyond these keep the offsets of the last: rules are followed year by year. */
const years = { first: 1900, last: 2100 };

function definedZone(component: Component): Zone | undefined {
  // A rule that repeats more often than yearly is none of a zone, and would never end.
  const rules = component.children.flatMap(({ lines }) => lines.filter(({ name }) => name === "RRULE"));
  if (rules.some(({ value }) => !/(?:^|;)FREQ=YEARLY(?:;|$)/i.test(value) || value.length > 200)) return undefined;
  if (component.children.length > 200) return undefined;
  try {
    const zone = new ICAL.Timezone({
      component: new ICAL.Component(ICAL.parse(textOf(component)) as ConstructorParameters<typeof ICAL.Component>[0]),
    });
    const offsetOf = (wall: WallTime): number => {
      const year = Math.min(Math.max(wall.year, years.first), years.last);
      const { month, day, hour, minute, second } = wall;
      return zone.utcOffset(
        new ICAL.Time({ year, month, day, hour, minute, second, isDate: false }, ICAL.Timezone.localTimezone),
      );
    };
    offsetOf({ year: 2024, month: 1, day: 1, hour: 0, minute: 0, second: 0 });
    return (wall) => {
      const local = utcInstant(wall);
      return local === null ? null : validInstant(local.getTime() - offsetOf(wall) * 1000);
    };
  } catch {
    return undefined; // ParserError, TypeError: a definition that cannot be read
  }
}

/** Only what says when the clock is set: nothing else of the definition can be wrong then. */
function textOf(component: Component): string {
  const lines = ["BEGIN:VTIMEZONE", "TZID:own"];
  for (const { name, lines: own } of component.children) {
    if (name !== "STANDARD" && name !== "DAYLIGHT") continue;
    lines.push(`BEGIN:${name}`);
    for (const line of own) {
      const { name: property, value } = line;
      if (value === "" || value.length > 4000 || /[\r\n]/.test(value)) continue;
      if (property === "DTSTART") lines.push(`DTSTART:${/^\d{8}$/.test(value) ? `${value}T000000` : value}`);
      else if (property === "RDATE" && paramOf(line, "VALUE") !== "PERIOD") lines.push(`RDATE:${value}`);
      else if (property === "RRULE" || property.startsWith("TZOFFSET")) lines.push(`${property}:${value.trim()}`);
    }
    lines.push(`END:${name}`);
  }
  lines.push("END:VTIMEZONE");
  return lines.join("\r\n");
}

/** Windows' names of the zones that most people live in (Unicode CLDR, windowsZones), where a file names and does not define. */
const windowsZones: Readonly<Record<string, string>> = {
  "AUS Eastern Standard Time": "Australia/Sydney",
  "Arabian Standard Time": "Asia/Dubai",
  "Argentina Standard Time": "America/Buenos_Aires",
  "Atlantic Standard Time": "America/Halifax",
  "Central America Standard Time": "America/Guatemala",
  "Central Europe Standard Time": "Europe/Budapest",
  "Central European Standard Time": "Europe/Warsaw",
  "Central Standard Time": "America/Chicago",
  "Central Standard Time (Mexico)": "America/Mexico_City",
  "China Standard Time": "Asia/Shanghai",
  "E. Australia Standard Time": "Australia/Brisbane",
  "E. Europe Standard Time": "Europe/Chisinau",
  "E. South America Standard Time": "America/Sao_Paulo",
  "Eastern Standard Time": "America/New_York",
  "Egypt Standard Time": "Africa/Cairo",
  "FLE Standard Time": "Europe/Kiev",
  "GMT Standard Time": "Europe/London",
  "GTB Standard Time": "Europe/Bucharest",
  "Greenwich Standard Time": "Atlantic/Reykjavik",
  "Hawaiian Standard Time": "Pacific/Honolulu",
  "India Standard Time": "Asia/Calcutta",
  "Israel Standard Time": "Asia/Jerusalem",
  "Korea Standard Time": "Asia/Seoul",
  "Mountain Standard Time": "America/Denver",
  "New Zealand Standard Time": "Pacific/Auckland",
  "Pacific Standard Time": "America/Los_Angeles",
  "Romance Standard Time": "Europe/Paris",
  "Russian Standard Time": "Europe/Moscow",
  "SA Pacific Standard Time": "America/Bogota",
  "SE Asia Standard Time": "Asia/Bangkok",
  "Singapore Standard Time": "Asia/Singapore",
  "South Africa Standard Time": "Africa/Johannesburg",
  "Taipei Standard Time": "Asia/Taipei",
  "Tokyo Standard Time": "Asia/Tokyo",
  "Turkey Standard Time": "Europe/Istanbul",
  "US Mountain Standard Time": "America/Phoenix",
  "W. Australia Standard Time": "Australia/Perth",
  "W. Europe Standard Time": "Europe/Berlin",
};
