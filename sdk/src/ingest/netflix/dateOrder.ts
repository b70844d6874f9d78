import { isDay } from "../schemas/index.ts";

/** Which of the numbers of a date is which; `isCertain` is false where the dates of the file leave it open. */
export type DateOrder = { readonly order: "MDY" | "DMY" | "YMD"; readonly isCertain: boolean };

const orders = ["MDY", "DMY", "YMD"] as const;

/** Finds the order from all dates of a file: the one in which each is a day there is, and each is not later than the one before. */
export function createDateOrder(): {
  add(text: string): void;
  /** @param isEnglish the file is in English: a date that could be both is American. Every other language begins with the day */
  decide(isEnglish: boolean): DateOrder;
} {
  const states = orders.map((order) => ({ order, days: 0, isSorted: true, last: "9999-99-99" }));
  let dates = 0;
  return {
    add(text) {
      // A date that begins with four digits leaves nothing open.
      if (!isDate(text) || /^\d{4}/.test(text)) return;
      dates += 1;
      for (const state of states) {
        // With points nobody begins with the month, or with a year of two digits.
        if (text.includes(".") && state.order !== "DMY") continue;
        const day = dayIn(text, state.order);
        if (day === null) continue;
        state.days += 1;
        if (day > state.last) state.isSorted = false;
        state.last = day;
      }
    },
    decide(isEnglish) {
      // A file may hold a date or two that are none: the order in which most of them are days.
      const most = Math.max(...states.map(({ days }) => days));
      const possible = states.filter(({ days }) => days === most);
      const usual = possible.filter(({ order }) => order !== "YMD");
      const sorted = possible.filter(({ isSorted }) => isSorted);
      const sortedUsual = usual.filter(({ isSorted }) => isSorted);
      // The year first only where nothing else makes sense.
      const [only, another] = [sortedUsual, sorted, usual, possible].find((some) => some.length > 0) ?? [];
      if (only !== undefined && another === undefined) return { order: only.order, isCertain: true };
      return { order: isEnglish ? "MDY" : "DMY", isCertain: dates === 0 };
    },
  };
}

/** `3/14/24` and the like as `YYYY-MM-DD`; null when it is no date in this order, or no day there is. */
export function dayIn(text: string, order: DateOrder["order"]): string | null {
  const parts = isDate(text) ? text.split(/[/.-]/) : [];
  const [a = "", b = "", c = ""] = parts;
  if (parts.length !== 3) return null;
  const [year, month, day] = a.length === 4 || order === "YMD" ? [a, b, c] : order === "MDY" ? [c, a, b] : [c, b, a];
  if (year.length !== 2 && year.length !== 4) return null;
  const text10 = `${year.length === 2 ? `20${year}` : year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  return isDay(text10) ? text10 : null;
}

function isDate(text: string): boolean {
  return /^\d{1,4}([/.-])\d{1,2}\1\d{1,4}$/.test(text);
}
