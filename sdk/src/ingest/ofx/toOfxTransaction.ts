import { parseAmount } from "../bank/amounts.ts";
import type { BankTransaction, createTransactionIds } from "../bank/bankSegments.ts";
import { isDay } from "../schemas/checkRecord.ts";
import { childOf, otherChildren, textOf, type XmlElement } from "../xml/index.ts";

const statementFields = [
  "TRNTYPE",
  "TRNAMT",
  "FITID",
  "NAME",
  "MEMO",
  "CHECKNUM",
  "REFNUM",
  "CURRENCY",
  "ORIGCURRENCY",
  "PAYEE",
  "BANKACCTTO",
  "CCACCTTO",
  "CATEGORY",
  "VALUEDATE",
  "ACCTBAL",
];

/** An STMTTRN, or a trade, transfer or income of a broker's INVTRANLIST. */
export function toOfxTransaction(
  element: XmlElement,
  {
    account,
    currency,
    idOf,
  }: {
    readonly account: string | null;
    readonly currency: string | null;
    readonly idOf: ReturnType<typeof createTransactionIds>;
  },
): BankTransaction {
  return element.name === "STMTTRN"
    ? statementTransaction(element, { account, currency, idOf })
    : investmentTransaction(element, { account, currency, idOf });
}

type Place = Parameters<typeof toOfxTransaction>[1];

function statementTransaction(element: XmlElement, { account, currency, idOf }: Place): BankTransaction {
  const changes: string[] = [];
  const written = textOf(element, "TRNAMT");
  const amount = written === null ? null : parseAmount(written);
  if (amount === null) changes.push("an amount cannot be read");
  const posted = textOf(element, "DTPOSTED");
  if (posted === null) changes.push("has no date");
  const bookingDate = ofxDay(posted, changes);
  const name = textOf(element, "NAME") ?? textOf(element, "PAYEE", "NAME");
  const memo = textOf(element, "MEMO");
  const to = childOf(element, "BANKACCTTO") ?? childOf(element, "CCACCTTO");
  const own = textOf(element, "FITID");
  const balance = textOf(element, "ACCTBAL");
  // CURRENCY: the amount is in it. ORIGCURRENCY: it was, and has been exchanged.
  const rest = otherChildren(element, [...statementFields, ...(hasTime(posted) ? [] : ["DTPOSTED"])]);
  return {
    id: idOf(account, own, [
      bookingDate ?? posted,
      amount,
      textOf(element, "TRNTYPE"),
      name,
      memo,
      textOf(element, "CHECKNUM"),
    ]),
    account,
    bookingDate,
    valueDate: ofxDay(textOf(element, "VALUEDATE") ?? textOf(element, "DTAVAIL"), changes),
    amount,
    currency: textOf(element, "CURRENCY", "CURSYM") ?? currency,
    originalCurrency: textOf(element, "ORIGCURRENCY", "CURSYM"),
    type: textOf(element, "TRNTYPE")?.toUpperCase() ?? null,
    counterpartyName: name,
    counterpartyAccount: textOf(to, "ACCTID"),
    counterpartyBank: textOf(to, "BANKID"),
    description: memo,
    reference: textOf(element, "CHECKNUM") ?? textOf(element, "REFNUM"),
    bankReference: own,
    category: textOf(element, "CATEGORY"),
    balanceAfter: balance === null ? null : parseAmount(balance),
    changes,
    extra: withRates(rest, element),
  };
}

function investmentTransaction(element: XmlElement, { account, currency, idOf }: Place): BankTransaction {
  const changes: string[] = [];
  const transaction = found(element, "INVTRAN");
  const total = found(element, "TOTAL")?.text;
  const amount = total === undefined ? null : parseAmount(total);
  if (total !== undefined && amount === null) changes.push("an amount cannot be read");
  const traded = textOf(transaction, "DTTRADE");
  const bookingDate = ofxDay(traded, changes);
  const own = textOf(transaction, "FITID");
  return {
    id: idOf(account, own, [traded, amount, element.name, JSON.stringify(otherChildren(element, []) ?? {})]),
    account,
    bookingDate,
    valueDate: ofxDay(textOf(transaction, "DTSETTLE"), changes),
    amount,
    currency: textOf(found(element, "CURRENCY"), "CURSYM") ?? currency,
    type: element.name,
    description: textOf(transaction, "MEMO"),
    bankReference: own,
    changes,
    extra: otherChildren(element, []),
  };
}

/** The first element of this name at any depth; records are shallow. */
function found(element: XmlElement, name: string): XmlElement | undefined {
  for (const child of element.children) {
    const match = child.name === name ? child : found(child, name);
    if (match !== undefined) return match;
  }
  return undefined;
}

/** The day of `20091215202000.000[-4:EST]` as it is written: no zone moves it. Null for none; a change when it does not exist. */
export function ofxDay(text: string | null, changes: string[]): string | null {
  if (text === null) return null;
  const parts = /^(\d{4})-?(\d\d)-?(\d\d)/.exec(text);
  const day = parts === null ? "" : `${parts[1]}-${parts[2]}-${parts[3]}`;
  if (isDay(day) && !day.startsWith("0000")) return day;
  changes.push("a day cannot be read");
  return null;
}

function hasTime(text: string | null): boolean {
  return text !== null && /[1-9]/.test(text.slice(8, 14));
}

function withRates(rest: Readonly<Record<string, unknown>> | undefined, element: XmlElement): BankTransaction["extra"] {
  const rates = ["CURRENCY", "ORIGCURRENCY", "PAYEE", "BANKACCTTO", "CCACCTTO"].flatMap((name) => {
    const child = childOf(element, name);
    const others = child === undefined ? undefined : otherChildren(child, ["CURSYM", "NAME", "ACCTID", "BANKID"]);
    return others === undefined ? [] : [[name, others] as const];
  });
  return rates.length === 0 ? rest : { ...rest, ...Object.fromEntries(rates) };
}
