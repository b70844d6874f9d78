import { negated, parseAmount } from "../bank/amounts.ts";
import { isDay } from "../schemas/checkRecord.ts";

/** Field 61: value day, entry day, debit or credit (reversed: R), amount, type of the entry, references, supplementary details. */
export type MtEntry = {
  readonly valueDate: string | null;
  readonly bookingDate: string | null;
  readonly amount: string | null;
  readonly type: string | null;
  readonly reference: string | null;
  readonly bankReference: string | null;
  readonly details: string | null;
  readonly changes: readonly string[];
};

/** Some banks pad an entry day that they leave out with spaces. */
const head = /^(\d{6})\s{0,4}(\d{4})?\s{0,4}(R?[CD]|E[CD])([A-Z])?(\d[\d., ]{0,29})([A-Z](?:[A-Z0-9]{3}))?(.*)$/s;

/** @returns undefined when the lines are no entry */
export function readMtEntry(lines: readonly string[]): MtEntry | undefined {
  let [line = "", ...rest] = lines;
  let found = head.exec(line.trim());
  if (found === null || (found[5] ?? "").trim() === "") {
    // A bank's wrapping may have cut the line itself.
    line += rest[0] ?? "";
    rest = rest.slice(1);
    found = head.exec(line.trim());
  }
  if (found === null) return undefined;
  const [, value = "", entry, mark = "", , digits = "", type, behind = ""] = found;
  const changes: string[] = [];
  const valueDate = mtDay(value, changes);
  const plain = parseAmount(digits, ",");
  if (plain === null) changes.push("an amount cannot be read");
  // RD takes a debit back: money comes. RC takes a credit back. ED and EC are expected ones.
  const isDebit = mark === "D" || mark === "RC" || mark === "ED";
  const cut = behind.indexOf("//");
  const reference = (cut < 0 ? behind : behind.slice(0, cut)).trim();
  const details = rest.map((text) => text.trim()).filter((text) => text !== "");
  return {
    valueDate,
    bookingDate: entry === undefined ? null : entryDay(value, entry, changes),
    amount: plain !== null && isDebit ? negated(plain) : plain,
    type: type ?? null,
    reference: reference === "" || reference === "NONREF" ? null : reference,
    bankReference: cut < 0 ? null : behind.slice(cut + 2).trim() || null,
    details: details.length === 0 ? null : details.join("\n"),
    changes,
  };
}

/** Fields 60, 62, 64 and 65: sign, day, currency (some leave it out), amount. */
export function readMtBalance(text: string): {
  readonly date: string | null;
  readonly currency: string | null;
  readonly amount: string | null;
  readonly changes: readonly string[];
} {
  const found = /^(R?[CD])(\d{6})([A-Z]{3})?([\d.,]{1,30})/.exec(text.trim());
  const changes: string[] = [];
  if (found === null) return { date: null, currency: null, amount: null, changes };
  const [, mark = "", day = "", currency, digits = ""] = found;
  const amount = parseAmount(digits, ",");
  return {
    date: mtDay(day, changes),
    currency: currency ?? null,
    amount: amount !== null && mark.endsWith("D") ? negated(amount) : amount,
    changes,
  };
}

/** `YYMMDD`; statements begin in 1980. */
function mtDay(text: string, changes: string[]): string | null {
  const day = dayOf(fullYear(Number(text.slice(0, 2))), text.slice(2));
  if (day === null) changes.push("a day does not exist");
  return day;
}

/** `MMDD` of the year that brings it next to the value day: that may be on the other side of New Year. */
function entryDay(value: string, entry: string, changes: string[]): string | null {
  const year = fullYear(Number(value.slice(0, 2)));
  const months = Number(entry.slice(0, 2)) - Number(value.slice(2, 4));
  const day = dayOf(months > 6 ? year - 1 : months < -6 ? year + 1 : year, entry);
  if (day === null) changes.push("a day does not exist");
  return day;
}

function fullYear(year: number): number {
  return year >= 80 ? 1900 + year : 2000 + year;
}

function dayOf(year: number, monthDay: string): string | null {
  const text = `${year}-${monthDay.slice(0, 2)}-${monthDay.slice(2, 4)}`;
  return isDay(text) ? text : null;
}
