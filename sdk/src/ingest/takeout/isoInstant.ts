import { utcInstant, validInstant } from "../times.ts";

const iso = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):?(\d\d))$/;

/** An RFC 3339 time of any precision as an instant, cut to milliseconds; null for any other text, and for days that there are not. */
export function isoInstant(value: unknown): Date | null {
  if (typeof value !== "string" || value.length > 50) return null;
  const found = iso.exec(value);
  if (found === null) return null;
  const [, year, month, day, hour, minute, second, fraction = "", sign, zoneHours = "0", zoneMinutes = "0"] = found;
  const instant = utcInstant({
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    millisecond: Number(fraction.padEnd(3, "0").slice(0, 3)),
  });
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000 * (sign === "-" ? -1 : 1);
  if (instant === null || Math.abs(offset) > 18 * 3_600_000) return null;
  return validInstant(instant.getTime() - offset);
}
