import { type DecimalSign, decimalSignOf, negated, parseAmount } from "../bank/amounts.ts";
import {
  accountId,
  type BankAccount,
  type BankTransaction,
  createTransactionIds,
  filled,
} from "../bank/bankSegments.ts";
import { createOrderFinder, type DayOrder, orderedDay, readDay } from "../bank/days.ts";
import type { BankTable } from "./findTable.ts";
import type { BankField } from "./synonyms.ts";

export type CsvStyle = {
  readonly order: DayOrder;
  /** No day tells the order. */
  readonly isAssumed: boolean;
  /** Undefined where each amount tells for itself. */
  readonly sign: DecimalSign | undefined;
};

const amountFields = ["amount", "debit", "credit", "balance"] as const;

/** What all rows of a file together say of how its days and amounts are written. */
export function createStyleFinder({ mapping, delimiter }: BankTable) {
  const days = createOrderFinder();
  const votes = { ".": 0, ",": 0 };
  const { columns } = mapping;
  let isEuropean = mapping.currency !== null && !monthFirstCurrencies.has(mapping.currency);
  return {
    saw(cells: readonly string[]): void {
      for (const field of ["date", "valueDate"] as const) {
        const index = columns.get(field);
        if (index === undefined) continue;
        const text = cells[index] ?? "";
        days.saw(readDay(text));
        isEuropean ||= dashedDay.test(text);
      }
      const currency = cells[columns.get("currency") ?? -1]?.trim().toUpperCase() ?? "";
      isEuropean ||= /^[A-Z]{3}$/.test(currency) && !monthFirstCurrencies.has(currency);
      for (const field of amountFields) {
        const index = columns.get(field);
        const text = (index === undefined ? "" : (cells[index] ?? "")).replace(/[^\d.,]/g, "");
        // `1.000` and `1,000` say nothing that is certain.
        if (!/^\d{1,3}[.,]\d{3}$/.test(text)) {
          const sign = decimalSignOf(text);
          if (sign !== undefined) votes[sign] += 1;
        }
      }
    },
    style(): CsvStyle {
      const isOpen = mapping.name === "header";
      const { order, isAssumed } = days.order(isOpen && isEuropean ? "day first" : mapping.order);
      const hasPoint = votes["."] > 0;
      const hasComma = votes[","] > 0;
      // Where the comma is free for decimals, it is used for them.
      const silent = delimiter === ";" ? "," : undefined;
      const sign = hasPoint === hasComma ? (hasPoint ? undefined : silent) : hasPoint ? "." : ",";
      return { order, isAssumed: isAssumed && isOpen, sign };
    },
  };
}

/** Where days are written month first; whoever writes `05-01-2024` writes the day first, wherever they are. */
const monthFirstCurrencies: ReadonlySet<string> = new Set(["USD", "CAD", "PHP"]);
const dashedDay = /^\d{1,2}-\d{1,2}-\d{4}(?:\D|$)/;

export type ReadRow = {
  /** The account, the first time that a row is of it. */
  readonly account: BankAccount | undefined;
  readonly transaction: BankTransaction;
};

const debitWords = /^(?:d|dr|db|dbit|debit|debet|af|s|soll|out|withdrawal|belastung|-)$/i;
const creditWords = /^(?:c|cr|crdt|credit|kredit|bij|h|haben|in|deposit|gutschrift|\+)$/i;

/** Reads the rows of one file. */
export function createRowReader(table: BankTable, style: CsvStyle) {
  const { mapping, header } = table;
  const { columns, memos } = mapping;
  const idOf = createTransactionIds();
  const known = new Set<string>();
  const used = new Set([...columns.values(), ...memos]);

  return {
    /** @returns undefined when the row is no transaction */
    read(cells: readonly string[]): ReadRow | undefined {
      const of = (field: BankField): string | null => {
        const index = columns.get(field);
        return index === undefined ? null : filled(cells[index]);
      };
      const changes: string[] = [];
      const amount = amountOf(of, changes);
      const written = of("date");
      const day = written === null ? null : readDay(written);
      const hasAmount = (["amount", "debit", "credit"] as const).some((field) => of(field) !== null);
      // A total, a header again: no money moved. An order that has an id of its own is one, also while it is pending.
      if (cells.every((cell, index) => cell === header[index])) return undefined;
      if (of("id") === null && (!hasAmount || (amount === null && day === null))) return undefined;
      const bookingDate = orderedDay(day, style.order);
      if (bookingDate === null) changes.push(written === null ? "has no date" : "a day cannot be read");
      if (style.isAssumed && isAmbiguous(day)) changes.push(`month and day could be swapped: read ${style.order}`);
      if (amount === null) changes.push(hasAmount ? "an amount cannot be read" : "has no amount");
      const valueDate = of("valueDate");
      const currency = of("currency") ?? mapping.currency;
      const account = accountOf(of("account"), currency);
      const id = account === undefined ? null : accountId(account);
      const isNew = id !== null && !known.has(id);
      if (id !== null) known.add(id);
      const texts = [of("description"), of("memo"), ...memos.map((index) => filled(cells[index]))];
      const description = texts.filter((text) => text !== null).join("\n");
      const own = of("id");
      const original = of("originalAmount");
      const balance = of("balance");
      return {
        account: isNew ? account : undefined,
        transaction: {
          id: idOf(id, own, [bookingDate ?? written, amount, of("payee"), description, of("reference"), of("type")]),
          account: id,
          bookingDate,
          valueDate: valueDate === null ? null : orderedDay(readDay(valueDate), style.order),
          amount,
          currency,
          originalAmount: original === null ? null : parseAmount(original, style.sign),
          originalCurrency: of("originalCurrency"),
          type: of("type") ?? of("direction"),
          status: of("status"),
          counterpartyName: of("payee"),
          counterpartyAccount: of("payeeAccount"),
          counterpartyBank: of("payeeBank"),
          description,
          reference: of("reference"),
          bankReference: own,
          category: of("category"),
          balanceAfter: balance === null ? null : parseAmount(balance, style.sign),
          changes,
          extra: unknownCells(cells),
        },
      };
    },
  };

  function amountOf(of: (field: BankField) => string | null, changes: string[]): string | null {
    const read = (field: BankField): string | null => {
      const text = of(field);
      return text === null ? null : parseAmount(text, style.sign);
    };
    const single = read("amount");
    if (single !== null) {
      const direction = of("direction") ?? "";
      const isMinus = single.startsWith("-");
      if (debitWords.test(direction)) return isMinus ? single : negated(single);
      if (creditWords.test(direction)) return isMinus ? negated(single) : single;
      return mapping.amounts === "spent" ? negated(single) : single;
    }
    const debit = read("debit");
    const credit = read("credit");
    const hasDebit = debit !== null && /[1-9]/.test(debit);
    const hasCredit = credit !== null && /[1-9]/.test(credit);
    if (hasDebit && hasCredit) changes.push("has a debit and a credit: the debit is taken");
    if (hasDebit) return debit.startsWith("-") ? debit : negated(debit);
    return credit ?? debit;
  }

  function accountOf(text: string | null, currency: string | null): BankAccount | undefined {
    const name = text ?? table.iban ?? mapping.account;
    if (name === null) return undefined;
    const of = columns.has("currency") ? null : currency;
    const isIban = /^[A-Z]{2}\d{2}[A-Z0-9 ]{11,34}$/.test(name);
    if (isIban) return { iban: name, currency: of };
    return /\d{4}/.test(name) ? { number: name, currency: of } : { name, currency: of };
  }

  function unknownCells(cells: readonly string[]): Readonly<Record<string, unknown>> | undefined {
    const rest = new Map<string, string>();
    for (const [index, cell] of cells.entries()) {
      if (used.has(index) || cell.trim() === "") continue;
      const name = filled(header[index]) ?? `column ${index + 1}`;
      rest.set(rest.has(name) ? `${name} (${index + 1})` : name, cell);
    }
    return rest.size === 0 ? undefined : Object.fromEntries(rest);
  }
}

function isAmbiguous(day: ReturnType<typeof readDay>): boolean {
  return day !== null && typeof day !== "string" && day.first <= 12 && day.second <= 12 && day.first !== day.second;
}
