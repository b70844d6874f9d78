import type { Bridged, Remark, SegmentDefinition } from "../connector.ts";
import { balanceSchema } from "../schemas/balanceSchema.ts";
import { bankAccountSchema } from "../schemas/bankAccountSchema.ts";
import { transactionSchema } from "../schemas/transactionSchema.ts";
import { stableId } from "../stableId.ts";

type Extra = Readonly<Record<string, unknown>> | undefined;

/** What every reader of statements makes of its source: texts of amounts and days are read already, or null. */
export type BankAccount = {
  readonly iban?: string | null;
  readonly number?: string | null;
  readonly bank?: string | null;
  readonly name?: string | null;
  readonly owner?: string | null;
  readonly type?: string | null;
  readonly currency?: string | null;
  readonly extra?: Extra;
};

export type BankTransaction = {
  readonly id: string;
  readonly account: string | null;
  readonly bookingDate: string | null;
  readonly valueDate: string | null;
  /** The one that orders its statements: the day it was booked, unless said. */
  readonly leads?: "value date" | undefined;
  readonly amount: string | null;
  readonly currency: string | null;
  readonly originalAmount?: string | null;
  readonly originalCurrency?: string | null;
  readonly type?: string | null;
  readonly status?: string | null;
  readonly counterpartyName?: string | null;
  readonly counterpartyAccount?: string | null;
  readonly counterpartyBank?: string | null;
  readonly description?: string | null;
  readonly reference?: string | null;
  readonly bankReference?: string | null;
  readonly category?: string | null;
  readonly statement?: string | null;
  readonly balanceAfter?: string | null;
  /** Constant texts of what could not be taken as it stood. */
  readonly changes: readonly string[];
  readonly extra?: Extra;
};

export type BankBalance = {
  readonly account: string | null;
  readonly type: "opening" | "closing" | "interim" | "available" | "forward" | null;
  readonly sourceType: string;
  readonly date: string | null;
  /** Null when the source has none that can be read: it is skipped. */
  readonly amount: string | null;
  readonly currency: string | null;
  readonly changes: readonly string[];
};

/** The segments of every source of bank statements: the same names in the same order, whichever of them it fills. */
export const bankSegments: readonly SegmentDefinition[] = [
  {
    name: "accounts",
    schema: bankAccountSchema,
    toRecord: (raw, remark) => toAccount(raw.value as BankAccount, remark),
  },
  {
    name: "transactions",
    schema: transactionSchema,
    toRecord: (raw, remark) => toTransaction(raw.value as BankTransaction, remark),
  },
  {
    name: "balances",
    schema: balanceSchema,
    toRecord: (raw, remark) => toBalance(raw.value as BankBalance, remark),
  },
];

/** What transactions call an account; null when nothing names it. */
export function accountId({ iban, number, bank, name }: BankAccount): string | null {
  if (filled(iban) !== null) return (iban ?? "").replace(/\s/g, "");
  if (filled(number) !== null) return filled(bank) === null ? (number ?? null) : `${bank}/${number}`;
  return filled(name);
}

function toAccount(account: BankAccount, remark: Remark): Bridged | undefined {
  const id = accountId(account);
  if (id === null) {
    remark("skipped", "has neither number nor name");
    return undefined;
  }
  const iban = filled(account.iban);
  const record = {
    id,
    iban: iban?.replace(/\s/g, "") ?? null,
    number: filled(account.number),
    bank: filled(account.bank),
    name: filled(account.name),
    owner_name: filled(account.owner),
    type: filled(account.type)?.toLowerCase() ?? null,
    currency: currencyCode(account.currency),
  };
  return { record, extra: account.extra };
}

function toTransaction(transaction: BankTransaction, remark: Remark): Bridged {
  for (const change of transaction.changes) remark("changed", change);
  const { bookingDate, valueDate } = transaction;
  const record = {
    id: transaction.id,
    account: transaction.account,
    date: transaction.leads === undefined ? (bookingDate ?? valueDate) : (valueDate ?? bookingDate),
    booking_date: bookingDate,
    value_date: valueDate,
    amount: transaction.amount,
    currency: currencyCode(transaction.currency),
    original_amount: transaction.originalAmount ?? null,
    original_currency: currencyCode(transaction.originalCurrency),
    type: filled(transaction.type),
    status: filled(transaction.status),
    counterparty_name: filled(transaction.counterpartyName),
    counterparty_account: filled(transaction.counterpartyAccount),
    counterparty_bank: filled(transaction.counterpartyBank),
    description: filled(transaction.description),
    reference: filled(transaction.reference),
    bank_reference: filled(transaction.bankReference),
    category: filled(transaction.category),
    statement: filled(transaction.statement),
    balance_after: transaction.balanceAfter ?? null,
  };
  return { record, extra: transaction.extra };
}

function toBalance(balance: BankBalance, remark: Remark): Bridged | undefined {
  for (const change of balance.changes) remark("changed", change);
  const { account, type, sourceType, date, amount } = balance;
  if (amount === null) {
    remark("skipped", "is a balance without an amount");
    return undefined;
  }
  const currency = currencyCode(balance.currency);
  const id = stableId("balance", account, sourceType, date, amount, currency);
  return { record: { id, account, type, source_type: sourceType, date, amount, currency } };
}

/**
 * Ids of the transactions of one file. The bank's id holds within its account, as long as it stands for one transaction: some
 * banks give it twice. Without one, it is made of what the transaction says, and of how many like it came before.
 */
export function createTransactionIds(): (
  account: string | null,
  own: string | null,
  parts: readonly (string | null)[],
) => string {
  const seen = new Map<string, number>();
  const owners = new Map<string, string>();
  return (account, own, parts) => {
    const content = stableId(account, ...parts);
    if (own !== null && own !== "") {
      const id = stableId("own", account, own);
      const known = owners.get(id) ?? content;
      owners.set(id, known);
      if (known === content) return id;
      // Another transaction under an id that was given before.
      return stableId("own", account, own, content);
    }
    const before = seen.get(content) ?? 0;
    seen.set(content, before + 1);
    return stableId(content, String(before));
  };
}

export function filled(text: string | null | undefined): string | null {
  return text === null || text === undefined || text.trim() === "" ? null : text.trim();
}

function currencyCode(text: string | null | undefined): string | null {
  const code = filled(text)?.toUpperCase() ?? null;
  return code !== null && /^[A-Z]{3}$/.test(code) ? code : null;
}
