import { accountId, type BankAccount, type BankTransaction, createTransactionIds } from "../bank/bankSegments.ts";
import type { RawItem, RawRecord } from "../connector.ts";
import { leftOut } from "../leftOut.ts";
import type { ImportLimits } from "../limits.ts";
import { type MtEntry, readMtBalance, readMtEntry } from "./mtEntry.ts";
import { readMtPurpose } from "./mtPurpose.ts";
import { type MtField, readMtFields } from "./readMtFields.ts";

type Statement = {
  account: string | null;
  currency: string | null;
  reference: string;
  number: string;
};

/** Accounts, balances and entries of MT940 and MT942 statements, in their order. Errors: those of {@link readMtFields}. */
export async function* readMtStatements(
  texts: AsyncIterable<string>,
  { file, limits }: { readonly file: string; readonly limits: Pick<ImportLimits, "maxRecordBytes"> },
): AsyncGenerator<RawItem> {
  const idOf = createTransactionIds();
  let statement: Statement = { account: null, currency: null, reference: "", number: "" };
  /** An account waits for its currency, which a balance behind it says; an entry for its field 86. */
  let account: { readonly value: BankAccount; readonly line: number } | undefined;
  let entry: { readonly value: MtEntry; readonly line: number; readonly purpose: string[] } | undefined;

  function* waiting(): Generator<RawRecord> {
    if (account !== undefined) {
      const value = { ...account.value, currency: account.value.currency ?? statement.currency };
      yield { segment: "accounts", value, file, position: account.line };
      account = undefined;
    }
    if (entry !== undefined) {
      const value = toTransaction(entry.value, { statement, purpose: entry.purpose, idOf });
      yield { segment: "transactions", value, file, position: entry.line };
      entry = undefined;
    }
  }

  for await (const field of readMtFields(texts, { file, limits })) {
    const { tag, lines, line } = field;
    const text = (lines[0] ?? "").trim();
    const written = { account: statement.account, [tag]: lines.join("\n") };
    if ((tag === "86" || tag === "NS") && entry !== undefined) {
      entry.purpose.push(...lines);
      continue;
    }
    if (/^6[0245]/.test(tag)) {
      const { currency } = readMtBalance(text);
      statement.currency ??= currency;
    } else if (tag === "34F") statement.currency ??= /^[A-Z]{3}/.exec(text)?.[0] ?? null;
    // Fields between an account and its first balance say nothing of either.
    if (tag !== "34F" && tag !== "13D" && tag !== "13" && !tag.startsWith("28") && tag !== "NS") yield* waiting();
    if (tag === "20" || tag === "end") {
      statement = { account: null, currency: null, reference: tag === "20" ? text : "", number: "" };
    } else if (tag === "25" || tag === "25P") {
      const value = accountOf(text);
      statement.account = accountId(value);
      statement.currency = value.currency ?? null;
      account = { value, line };
    } else if (tag === "28" || tag === "28C") statement.number = text;
    else if (/^6[0245]/.test(tag)) yield balanceOf(field, { statement, file });
    else if (tag === "61") {
      const value = readMtEntry(lines);
      if (value !== undefined) entry = { value, line, purpose: [] };
      else yield leftOut("transactions", file, "is no entry of a statement", { position: line, fields: written });
    } else if (tag !== "21") {
      const reason = "is a note or a control sum of a statement";
      yield leftOut("balances", file, reason, { position: line, fields: written });
    }
  }
  yield* waiting();
}

const balanceTypes = { "60": "opening", "62": "closing", "64": "available", "65": "forward" } as const;

function balanceOf(
  { tag, lines, line }: MtField,
  { statement, file }: { readonly statement: Statement; readonly file: string },
): RawRecord {
  const { date, currency, amount, changes } = readMtBalance(lines[0] ?? "");
  const kind = tag.slice(0, 2) as keyof typeof balanceTypes;
  const value = {
    account: statement.account,
    // Between two pages of a statement, 60M and 62M.
    type: tag.endsWith("M") ? "interim" : balanceTypes[kind],
    sourceType: tag,
    date,
    amount,
    currency: currency ?? statement.currency,
    changes,
  };
  return { segment: "balances", value, file, position: line };
}

/** `IBAN`, `bank code/number`, either with a currency behind it, or anything that the bank calls it. */
function accountOf(text: string): BankAccount {
  const iban = /^([A-Z]{2}\d{2}[A-Z0-9]{11,30}?)([A-Z]{3})?$/.exec(text.replace(/\s/g, ""));
  if (iban !== null) return { iban: iban[1] ?? null, currency: iban[2] ?? null };
  const parts = /^(.*?\d)\s?([A-Z]{3})$/.exec(text) ?? /^(.*?)\/([A-Z]{3})$/.exec(text);
  const number = parts?.[1] ?? text;
  const slash = number.indexOf("/");
  return {
    bank: slash > 0 ? number.slice(0, slash) : null,
    number: slash > 0 ? number.slice(slash + 1) : number,
    currency: parts?.[2] ?? null,
  };
}

function toTransaction(
  entry: MtEntry,
  {
    statement,
    purpose: lines,
    idOf,
  }: {
    readonly statement: Statement;
    readonly purpose: readonly string[];
    readonly idOf: ReturnType<typeof createTransactionIds>;
  },
): BankTransaction {
  const { account, currency, reference, number } = statement;
  const purpose = readMtPurpose(lines);
  const description = [entry.details, purpose.description].filter((text) => text !== null).join("\n");
  return {
    // The bank's reference is often that of a batch, or NONREF: it alone is no id.
    id: idOf(account, null, [
      entry.valueDate,
      entry.bookingDate,
      entry.amount,
      entry.type,
      entry.reference,
      entry.bankReference,
      lines.join("").replace(/\s/g, ""),
    ]),
    account,
    bookingDate: entry.bookingDate,
    valueDate: entry.valueDate,
    // Every entry has it; the other day is optional.
    leads: "value date",
    amount: entry.amount,
    currency,
    type: purpose.type ?? entry.type,
    counterpartyName: purpose.counterpartyName,
    counterpartyAccount: purpose.counterpartyAccount,
    counterpartyBank: purpose.counterpartyBank,
    description: description === "" ? null : description,
    reference: purpose.reference ?? entry.reference,
    bankReference: entry.bankReference,
    statement: [reference, number].filter((text) => text !== "").join(" ") || null,
    changes: entry.changes,
    extra: entry.type !== null && purpose.type !== null ? { ...purpose.extra, "61 type": entry.type } : purpose.extra,
  };
}
