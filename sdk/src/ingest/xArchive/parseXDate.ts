const months = "JanFebMarAprMayJunJulAugSepOctNovDec";

/**
 * X's two forms: `Thu Jun 01 12:30:00 +0000 2023` (posts) and `2009-04-01T10:20:30.000Z` (everything else).
 * Null for any other form and for days that do not exist; never a guess.
 */
export function parseXDate(text: unknown): Date | null {
  if (typeof text !== "string") return null;
  // Cut by place, not by a regular expression: this runs once for every post of an export.
  if (text.length === 30) {
    const sign = text[20] === "-" ? -1 : text[20] === "+" ? 1 : Number.NaN;
    if (
      text[3] !== " " ||
      text[7] !== " " ||
      text[10] !== " " ||
      text[13] !== ":" ||
      text[16] !== ":" ||
      text[19] !== " "
    )
      return null;
    if (text[25] !== " ") return null;
    const month = months.indexOf(text.slice(4, 7)) / 3;
    const zoneMinutes = sign * (digits(text, 21, 23) * 60 + digits(text, 23, 25));
    return utc(
      digits(text, 26, 30),
      month,
      digits(text, 8, 10),
      digits(text, 11, 13),
      digits(text, 14, 16),
      digits(text, 17, 19),
      0,
      zoneMinutes,
    );
  }
  const iso = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?Z$/.exec(text);
  if (iso !== null) {
    const [, year, month, day, hour, minute, second, fraction = ""] = iso;
    const ms = Number(fraction.padEnd(3, "0"));
    return utc(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second), ms, 0);
  }
  return null;
}

/** The number that these places spell; NaN when one of them is not a digit. */
function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
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
  const parts =
    year >= 1000 && month >= 0 && hour <= 23 && minute <= 59 && second <= 59 && Math.abs(zoneMinutes) <= 14 * 60;
  // False also for what is not a number; the month is a fraction when three letters span two names.
  if (!parts || !Number.isInteger(month)) return null;
  const local = new Date(Date.UTC(year, month, day, hour, minute, second, ms));
  if (local.getUTCMonth() !== month || local.getUTCDate() !== day) return null;
  return new Date(local.getTime() - zoneMinutes * 60_000);
}
