import type { DayOrder } from "../bank/days.ts";
import { headerKey } from "./headers.ts";
import type { BankField } from "./synonyms.ts";

/**
 * How the rows of a file are read: columns by their index. This is also the mapping that a person could give for a bank that is not
 * known.
 */
export type BankCsvMapping = {
  readonly name: string;
  readonly columns: ReadonlyMap<BankField, number>;
  /** Further columns of text, which follow the description. */
  readonly memos: readonly number[];
  /** Of every amount, where no column says it. */
  readonly currency: string | null;
  /** Assumed where no day of the file tells. */
  readonly order: DayOrder;
  /** `spent`: amounts are what was spent, as cards and shops list it; `signed`: as they affect the account. */
  readonly amounts: "signed" | "spent";
  /** What the account is called where no column says it. */
  readonly account: string | null;
};

type Known = Partial<Omit<BankCsvMapping, "columns" | "memos">> & {
  readonly name: string;
  /** Headers that only this source has together, as {@link headerKey} makes them. */
  readonly headers: readonly string[];
  /** Columns that mean something else than their names say. */
  readonly fields?: Readonly<Partial<Record<BankField, string>>>;
  /** Fields that its columns only seem to have. */
  readonly not?: readonly BankField[];
};

/** Banks and services whose files say less, or other things, than their headers do. */
const known: readonly Known[] = [
  {
    name: "Amazon",
    headers: ["order id", "order url", "items", "total"],
    amounts: "spent",
    fields: { payee: "to", description: "items" },
    not: ["category"],
    account: "Amazon",
  },
  {
    name: "PC Mastercard",
    headers: ["merchant name", "card used for transaction", "amount"],
    amounts: "spent",
    currency: "CAD",
  },
  {
    name: "Stripe",
    headers: ["id", "created", "amount", "converted amount", "fee"],
    fields: { description: "description", date: "created" },
    account: "Stripe",
  },
  {
    name: "Payoneer",
    headers: ["transaction id", "credit amount", "debit amount", "running balance"],
    fields: { payee: "target" },
    account: "Payoneer",
  },
  {
    name: "ING",
    headers: ["date", "class", "subcategory", "desc", "amount", "balance"],
    order: "day first",
    currency: "EUR",
    account: "ING",
  },
  {
    name: "Mint",
    headers: ["original description", "transaction type", "account name"],
    fields: { direction: "transaction type" },
  },
  {
    name: "Charles Schwab",
    headers: ["status", "withdrawal", "deposit", "runningbalance"],
    currency: "USD",
    account: "Charles Schwab",
  },
  {
    name: "DKB",
    headers: ["zahlungspflichtige*r", "zahlungsempfanger*in", "iban"],
    fields: { payeeAccount: "iban", payee: "zahlungsempfanger*in" },
    order: "day first",
    currency: "EUR",
  },
  { name: "Apple Card", headers: ["clearing date", "merchant", "amount usd", "purchased by"], amounts: "spent" },
  { name: "Discover", headers: ["trans date", "post date", "description", "amount", "category"], amounts: "spent" },
  { name: "American Express", headers: ["date", "card member", "account", "amount"], amounts: "spent" },
  { name: "Nubank", headers: ["date", "category", "title", "amount"], amounts: "spent", currency: "BRL" },
  { name: "RBC", headers: ["account type", "transaction date", "cad", "usd"], currency: "CAD" },
  {
    name: "Capital One",
    headers: ["transaction date", "posted date", "card no", "debit", "credit"],
    fields: { valueDate: "posted date", date: "transaction date" },
  },
];

/** A known source's own reading of a header row, on top of what the names of its columns say. */
export function profileOf(
  cells: readonly string[],
  match: { readonly columns: ReadonlyMap<BankField, number>; readonly currency: string | null },
): BankCsvMapping {
  const keys = cells.map(headerKey);
  const profile = known.find(({ headers }) => headers.every((header) => keys.includes(header)));
  const columns = new Map(match.columns);
  for (const field of profile?.not ?? []) columns.delete(field);
  for (const [field, header] of Object.entries(profile?.fields ?? {})) {
    columns.set(field as BankField, keys.indexOf(header));
  }
  // One column has one meaning: an own reading of it wins over its name's.
  for (const [field, index] of match.columns) {
    const taken = Object.keys(profile?.fields ?? {}).some(
      (other) => other !== field && columns.get(other as BankField) === index,
    );
    if (taken && columns.get(field) === index) columns.delete(field);
  }
  return {
    name: profile?.name ?? "header",
    columns,
    memos: keys.flatMap((key, index) =>
      memoColumn.test(key) && ![...columns.values()].includes(index) ? [index] : [],
    ),
    currency: profile?.currency ?? match.currency,
    order: profile?.order ?? "month first",
    amounts: profile?.amounts ?? "signed",
    account: profile?.account ?? null,
  };
}

/** Banks spread the purpose over many columns. */
const memoColumn = /^(?:vwz|verwendungszweck|omschrijving|description|desc|beskrivelse|communication) ?\d{1,2}$/;

/** Files without a header, by the shape of their first row. */
const shapes: readonly {
  readonly row: readonly RegExp[];
  readonly mapping: Omit<BankCsvMapping, "columns" | "memos">;
  readonly columns: Partial<Record<BankField, number>>;
}[] = [
  {
    // Mint, its header cut off.
    row: [/^\d{1,2}\/\d{1,2}\/\d{2,4}$/, /./, /./, /^[\d.,]+$/, /^(?:debit|credit)$/, /./, /./],
    mapping: { name: "Mint", currency: null, order: "month first", amounts: "signed", account: null },
    columns: { date: 0, payee: 1, description: 2, amount: 3, direction: 4, category: 5, account: 6 },
  },
  {
    // ABN AMRO, separated by tabs.
    row: [/^\d{6,10}$/, /^[A-Z]{3}$/, /^\d{8}$/, /^-?[\d,]+$/, /^-?[\d,]+$/, /^\d{8}$/, /^-?[\d,]+$/],
    mapping: { name: "ABN AMRO", currency: "EUR", order: "day first", amounts: "signed", account: null },
    columns: { account: 0, currency: 1, date: 2, balance: 4, valueDate: 5, amount: 6, description: 7 },
  },
];

/** The reading of a file whose first row is a transaction already; undefined when its shape is not known. */
export function shapeOf(cells: readonly string[]): BankCsvMapping | undefined {
  const found = shapes.find(
    ({ row, columns }) =>
      row.every((form, index) => form.test(cells[index]?.trim() ?? "")) && cells.length > (columns.amount ?? 0),
  );
  if (found === undefined) return undefined;
  return { ...found.mapping, memos: [], columns: new Map(Object.entries(found.columns) as [BankField, number][]) };
}
