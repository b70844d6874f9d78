import { isDay } from "../schemas/index.ts";

/** A day of LinkedIn's, its month or year when it says no more; `day` is the first there is. */
export type PartialDay = { readonly day: string; readonly precision: "day" | "month" | "year" };

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** `05 Jan 2024`, `Jan 2024`, `2024`, `2024-01-05`, `Jan 5, 2024` and, as in 2018, `1/5/18, 3:44 PM`. Null when it is none, or no day there is. */
export function parseLinkedinDay(text: string): PartialDay | null {
  const words = /^(?:(?:(\d{1,2}) )?([A-Za-z]{3})[a-z]{0,6} )?(\d{4})$/.exec(text);
  if (words !== null) {
    const [, day, name, year = ""] = words;
    const month = name === undefined ? 1 : months.indexOf(name.toLowerCase()) + 1;
    return partialDay(
      year,
      month,
      Number(day ?? 1),
      day === undefined ? (name === undefined ? "year" : "month") : "day",
    );
  }
  const iso = /^(\d{4})-(\d{2})-(\d{2})(?:[T ].{0,30})?$/.exec(text);
  if (iso !== null) return partialDay(iso[1] ?? "", Number(iso[2]), Number(iso[3]), "day");
  const worded = /^([A-Za-z]{3})[a-z]{0,6} (\d{1,2}), (\d{4})$/.exec(text);
  if (worded !== null) {
    return partialDay(worded[3] ?? "", months.indexOf((worded[1] ?? "").toLowerCase()) + 1, Number(worded[2]), "day");
  }
  const american = /^(\d{1,2})\/(\d{1,2})\/(\d{2}|\d{4})(?:,? \d{1,2}:\d{2}.{0,20})$/.exec(text);
  if (american === null) return null;
  const [, month, day, year = ""] = american;
  return partialDay(year.length === 2 ? `20${year}` : year, Number(month), Number(day), "day");
}

function partialDay(year: string, month: number, day: number, precision: PartialDay["precision"]): PartialDay | null {
  const text = `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
  return isDay(text) ? { day: text, precision } : null;
}
