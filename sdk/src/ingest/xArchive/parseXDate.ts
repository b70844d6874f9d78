const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * X's two forms: `Thu Jun 01 12:30:00 +0000 2023` (posts) and `2009-04-01T10:20:30.000Z` (everything else).
 * Null for any other form and for days that do not exist; never a guess.
 */
export function parseXDate(text: unknown): Date | null {
  if (typeof text !== "string") return null;
  const post = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d) (\d{4})$/.exec(text);
  if (post !== null) {
    const [, month = "", day, hour, minute, second, sign, zoneHour, zoneMinute, year] = post;
    const zoneMinutes = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === "-" ? -1 : 1);
    return utc(Number(year), months.indexOf(month), Number(day), Number(hour), Number(minute), Number(second), 0, zoneMinutes);
  }
  const iso = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?Z$/.exec(text);
  if (iso !== null) {
    const [, year, month, day, hour, minute, second, fraction = ""] = iso;
    const ms = Number(fraction.padEnd(3, "0"));
    return utc(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second), ms, 0);
  }
  return null;
}

function utc(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  ms: number,
  zoneMinutes: number,
): Date | null {
  // Date.UTC reads years below 100 as 1900 and later, and rolls 30 February over into March.
  if (year < 1000 || month < 0 || hour > 23 || minute > 59 || second > 59 || Math.abs(zoneMinutes) > 14 * 60) return null;
  const local = new Date(Date.UTC(year, month, day, hour, minute, second, ms));
  if (local.getUTCMonth() !== month || local.getUTCDate() !== day) return null;
  return new Date(local.getTime() - zoneMinutes * 60_000);
}
