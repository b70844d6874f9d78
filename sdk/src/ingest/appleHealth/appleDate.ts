import { utcInstant } from "../times.ts";

/**
 * Apple's `2016-04-18 08:25:32 -0700`; null for any other form and for days that do not exist. Read by place, and the last
 * remembered: there are three in each of millions of records, mostly the same.
 */
export function createAppleDates(): (text: string) => AppleDate | null {
  let lastText = "";
  let last: AppleDate | null = null;
  return (text) => {
    if (text === lastText) return last;
    lastText = text;
    const date = parseAppleDate(text);
    last = date === null ? null : { date, millis: String(date.getTime()) };
    return last;
  };
}

/** An instant, and its milliseconds of Unix time as text. */
export type AppleDate = { readonly date: Date; readonly millis: string };

export function parseAppleDate(text: string): Date | null {
  if (text.length !== 25 || text.charCodeAt(10) !== SPACE || text.charCodeAt(19) !== SPACE) return null;
  if (text.startsWith(lastDay) && text.endsWith(lastZone)) {
    const hour = digits(text, 11, 2);
    const minute = digits(text, 14, 2);
    const second = digits(text, 17, 2);
    if (hour < 24 && minute < 60 && second < 60 && text[13] === ":" && text[16] === ":") {
      return new Date(lastMidnight + ((hour * 60 + minute) * 60 + second) * 1_000);
    }
  }
  if (text[4] !== "-" || text[7] !== "-" || text[13] !== ":" || text[16] !== ":") return null;
  const sign = text[20] === "-" ? -1 : text[20] === "+" ? 1 : Number.NaN;
  const offset = sign * (digits(text, 21, 2) * 60 + digits(text, 23, 2));
  const utc = utcInstant({
    year: digits(text, 0, 4),
    month: digits(text, 5, 2),
    day: digits(text, 8, 2),
    hour: digits(text, 11, 2),
    minute: digits(text, 14, 2),
    second: digits(text, 17, 2),
  });
  if (utc === null || Number.isNaN(offset) || Math.abs(offset) > 18 * 60) return null;
  const time = utc.getTime() - offset * 60_000;
  lastDay = text.slice(0, 11);
  lastZone = text.slice(19);
  lastMidnight = time - (utc.getTime() - Math.floor(utc.getTime() / dayMs) * dayMs);
  return new Date(time);
}

/** The day and the zone of the last date there was, and the instant at which that day began there. */
let lastDay = "-";
let lastZone = "-";
let lastMidnight = 0;
const dayMs = 86_400_000;

const SPACE = 0x20;

function digits(text: string, from: number, count: number): number {
  let number = 0;
  for (let at = from; at < from + count; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}
