import { parseAmount } from "../bank/amounts.ts";
import { accountId, type BankAccount, type BankTransaction, createTransactionIds } from "../bank/bankSegments.ts";
import { type DayOrder, orderedDay, readDay } from "../bank/days.ts";
import type { RawItem } from "../connector.ts";
import { leftOut } from "../leftOut.ts";
import type { ImportLimits } from "../limits.ts";
import { type QifRecord, readQifRecords } from "./readQifRecords.ts";

type Days = { readonly order: DayOrder; readonly isAssumed: boolean };

/** Sections whose records are transactions. */
const registers = /^type:(?:bank|cash|ccard|oth a|oth l|invst|invoice|tax|bill|port)$/;

/** Accounts and transactions of a QIF text, in its order. Errors: those of {@link readQifRecords}. */
export async function* readQif(
  texts: AsyncIterable<string>,
  {
    file,
    limits,
    days,
  }: { readonly file: string; readonly limits: Pick<ImportLimits, "maxRecordBytes">; readonly days: Days },
): AsyncGenerator<RawItem> {
  const idOf = createTransactionIds();
  let account: string | null = null;
  for await (const record of readQifRecords(texts, { file, limits })) {
    const { section, line: position } = record;
    if (section === "account") {
      const value = accountOf(record);
      account = accountId(value);
      yield { segment: "accounts", value, file, position };
    } else if (registers.test(section)) {
      yield { segment: "transactions", value: toTransaction(record, { account, days, idOf }), file, position };
    } else {
      const fields = { section, ...byCode(record.fields) };
      yield leftOut("transactions", file, skippedReason(section), { position, fields });
    }
  }
}

function skippedReason(section: string): string {
  if (section === "type:cat" || section === "type:class" || section === "type:tag") return "is a category or class";
  if (section === "type:memorized") return "is a memorised transaction";
  return section === "type:security" || section === "type:prices"
    ? "describes a security"
    : "is in a section of an unknown kind";
}

const codes = { name: "N", type: "T", description: "D" } as const;

function accountOf({ fields }: QifRecord): BankAccount {
  const of = (wanted: string): string | null => fields.find(({ code }) => code === wanted)?.text ?? null;
  const rest = fields.filter(({ code }) => !(Object.values(codes) as string[]).includes(code));
  const description = of(codes.description);
  return {
    name: of(codes.name),
    type: of(codes.type),
    extra:
      rest.length === 0 && description === null
        ? undefined
        : { ...byCode(rest), ...(description === null ? {} : { D: description }) },
  };
}

function toTransaction(
  { fields, section }: QifRecord,
  {
    account,
    days,
    idOf,
  }: {
    readonly account: string | null;
    readonly days: Days;
    readonly idOf: ReturnType<typeof createTransactionIds>;
  },
): BankTransaction {
  const changes: string[] = [];
  const of = (wanted: string): string | null => fields.find(({ code }) => code === wanted)?.text || null;
  const written = of("D");
  const read = written === null ? null : readDay(written);
  if (days.isAssumed && read !== null && typeof read !== "string" && read.first <= 12 && read.second <= 12) {
    changes.push("month and day could be swapped: read month first");
  }
  const bookingDate = orderedDay(read, days.order);
  if (bookingDate === null) changes.push(written === null ? "has no date" : "a day cannot be read");
  const text = of("T") ?? of("U") ?? (section === "type:invst" ? of("$") : null);
  const amount = text === null ? null : parseAmount(text);
  if (text !== null && amount === null) changes.push("an amount cannot be read");
  const isInvestment = section === "type:invst";
  const category = of("L");
  const payee = of("P");
  const memo = of("M");
  const number = of("N");
  const address = fields.filter(({ code }) => code === "A").map((field) => field.text);
  const known = isInvestment ? "DTUPMNLC" : "DTUPMNLCA";
  const rest = fields.filter(({ code }) => !known.includes(code));
  const extra = { ...byCode(rest), ...(address.length > 0 ? { A: address.join("\n") } : {}) };
  return {
    id: idOf(account, null, [
      bookingDate ?? written,
      amount,
      payee,
      memo,
      number,
      category,
      isInvestment ? of("Y") : null,
    ]),
    account,
    bookingDate,
    valueDate: null,
    amount,
    currency: null,
    type: isInvestment ? number : null,
    status: statusOf(of("C")),
    counterpartyName: payee,
    description: memo,
    reference: isInvestment ? null : number,
    category,
    changes,
    extra: Object.keys(extra).length === 0 ? undefined : extra,
  };
}

function statusOf(mark: string | null): string | null {
  if (mark === null) return null;
  return /^[xr]$/i.test(mark) ? "reconciled" : /^[*c]$/i.test(mark) ? "cleared" : mark;
}

/** Fields by their letter; splits repeat theirs (S, E, $), so that a letter may have a list. */
function byCode(fields: QifRecord["fields"]): Record<string, unknown> {
  const values = new Map<string, string[]>();
  for (const { code, text } of fields) {
    const known = values.get(code);
    if (known === undefined) values.set(code, [text]);
    else known.push(text);
  }
  return Object.fromEntries([...values].map(([code, list]) => [code, list.length === 1 ? list[0] : list]));
}
