import { parseAmount } from "../bank/amounts.ts";
import { readDay } from "../bank/days.ts";
import type { BankCsvMapping } from "./profiles.ts";
import type { BankField } from "./synonyms.ts";

/** Money as statements print it: with cents. Other numbers are measurements, counts or ids. */
const money = /^[-+(]?\s?[$€£]?\s?\d[\d.,'\u2019 ]*[.,]\d\d\)?[-+]?$/;
const day = /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}$/;

/**
 * The table of a file without a header, as Wells Fargo, HSBC, TD and the banks of Australia write it: a day, then in any order a text, an amount
 * and perhaps a balance behind it; or two columns of which each row fills one, out and in. A first row that is another (an account, a sum, a header in a language that is not known) is passed over.
 * Undefined when the rows are anything else.
 */
export function headerless(
  all: readonly (readonly string[])[],
): { readonly header: readonly string[]; readonly skip: number; readonly mapping: BankCsvMapping } | undefined {
  const skip = all.length > 1 && !isDay(all[0]?.[0]) ? 1 : 0;
  const rows = all.slice(skip);
  const width = rows[0]?.length ?? 0;
  if (width < 3 || rows.length === 0 || !rows.every((cells) => cells.length === width && isDay(cells[0])))
    return undefined;
  const full: number[] = [];
  const partly: number[] = [];
  let text: number | undefined;
  for (let at = 1; at < width; at++) {
    const cells = rows.map((row) => (row[at] ?? "").trim());
    const filled = cells.filter((cell) => cell !== "");
    if (filled.length > 0 && filled.every((cell) => money.test(cell) && parseAmount(cell) !== null)) {
      (filled.length === cells.length ? full : partly).push(at);
    } else if (text === undefined && filled.length === cells.length && cells.every((cell) => /\p{L}{2}/u.test(cell)))
      text = at;
  }
  if (text === undefined) return undefined;
  const columns = amountsOf(rows, full, partly);
  if (columns === undefined) return undefined;
  return {
    header: skip === 1 && all[0]?.length === width ? all[0] : [],
    skip,
    mapping: {
      name: "no header",
      columns: new Map<BankField, number>([["date", 0], ["description", text], ...columns]),
      memos: [],
      currency: null,
      order: "month first",
      amounts: "signed",
      account: null,
    },
  };
}

function amountsOf(
  rows: readonly (readonly string[])[],
  full: readonly number[],
  partly: readonly number[],
): readonly [BankField, number][] | undefined {
  const [first, second, more] = full;
  const [out, into] = partly;
  const isEither = rows.every(
    (cells) => ((cells[out ?? -1] ?? "").trim() === "") !== ((cells[into ?? -1] ?? "").trim() === ""),
  );
  if (partly.length === 2 && isEither && full.length < 2) {
    const pair: [BankField, number][] = [
      ["debit", out ?? 0],
      ["credit", into ?? 0],
    ];
    return first === undefined ? pair : [...pair, ["balance", first]];
  }
  if (first === undefined || more !== undefined || partly.length > 0) return undefined;
  return second === undefined
    ? [["amount", first]]
    : [
        ["amount", first],
        ["balance", second],
      ];
}

function isDay(cell: string | undefined): boolean {
  const text = (cell ?? "").trim();
  return day.test(text) && readDay(text) !== null;
}
