import { isDay } from "../schemas/checkRecord.ts";

/** Which part of a day like `03/04/2024` comes first. */
export type DayOrder = "month first" | "day first";

export type WrittenDay = { readonly year: number; readonly first: number; readonly second: number };

const names: Readonly<Record<string, number>> = {
  jan: 1,
  feb: 2,
  mar: 3,
  mär: 3,
  mrt: 3,
  fév: 2,
  fev: 2,
  apr: 4,
  avr: 4,
  abr: 4,
  may: 5,
  mai: 5,
  mei: 5,
  jun: 6,
  jui: 6,
  jul: 7,
  aug: 8,
  aoû: 8,
  ago: 8,
  sep: 9,
  oct: 10,
  okt: 10,
  nov: 11,
  dec: 12,
  dez: 12,
  des: 12,
  déc: 12,
  dic: 12,
  ene: 1,
};

/**
 * A day as text `YYYY-MM-DD`, or the three numbers of one whose order its text does not tell; null for what is none. Years of two
 * digits are 1970 to 2069. A time behind the day is left out.
 */
export function readDay(text: string): string | WrittenDay | null {
  const trimmed = text.trim();
  const iso =
    /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:\D|$)/.exec(trimmed) ?? /^(\d{4})(\d\d)(\d\d)(?:\D|$)/.exec(trimmed);
  if (iso !== null) return dayText(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  // 03.04.2024 is day first wherever it is written with points; Quicken writes 1/ 2'04.
  const parts = /^(\d{1,2})\s?([-/.'])\s?(\d{1,2})\s?([-/.'])\s?(\d{4}|\d{1,2})(?:\D|$)/.exec(trimmed);
  if (parts !== null) {
    const [, a = "", separator, b = "", last, y = ""] = parts;
    const year = fullYear(y, last === "'");
    return separator === "." ? dayText(year, Number(b), Number(a)) : { year, first: Number(a), second: Number(b) };
  }
  const worded = /^(\d{1,2})[-\s.]+(\p{L}{3})\p{L}*\.?[-\s]+(\d{4}|\d\d)(?:\D|$)/u.exec(trimmed);
  if (worded !== null) return named(worded[3], worded[2], worded[1]);
  const american = /^(\p{L}{3})\p{L}*\.?\s+(\d{1,2}),?\s+(\d{4})(?:\D|$)/u.exec(trimmed);
  return american === null ? null : named(american[3], american[1], american[2]);
}

/** The day, once the order is known; null when there is no such day. */
export function orderedDay(day: string | WrittenDay | null, order: DayOrder): string | null {
  if (day === null || typeof day === "string") return day;
  const { year, first, second } = day;
  return order === "day first" ? dayText(year, second, first) : dayText(year, first, second);
}

/** What days say of their order, one after the other. */
export function createOrderFinder() {
  let dayFirst = 0;
  let monthFirst = 0;
  let either = 0;
  return {
    saw(day: string | WrittenDay | null): void {
      if (day === null || typeof day === "string") return;
      if (day.first > 12 && day.second <= 12) dayFirst += 1;
      else if (day.second > 12 && day.first <= 12) monthFirst += 1;
      else if (day.first !== day.second) either += 1;
    },
    /** The order, and whether the days tell it or it was only assumed. */
    order(assumed: DayOrder): { readonly order: DayOrder; readonly isAssumed: boolean } {
      if (dayFirst === monthFirst) return { order: assumed, isAssumed: either > 0 };
      return { order: dayFirst > monthFirst ? "day first" : "month first", isAssumed: false };
    },
  };
}

function named(year: string | undefined, month: string | undefined, day: string | undefined): string | null {
  const number = names[(month ?? "").toLowerCase()];
  return number === undefined ? null : dayText(fullYear(year ?? "", false), number, Number(day));
}

function fullYear(text: string, isThisCentury: boolean): number {
  const year = Number(text);
  if (text.length > 2) return year;
  return isThisCentury || year < 70 ? 2000 + year : 1900 + year;
}

function dayText(year: number, month: number, day: number): string | null {
  const pad = (value: number, length: number): string => String(value).padStart(length, "0");
  const text = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  return year > 0 && isDay(text) ? text : null;
}
