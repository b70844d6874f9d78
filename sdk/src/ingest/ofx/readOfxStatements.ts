import { parseAmount } from "../bank/amounts.ts";
import { accountId, type BankAccount, type BankBalance, createTransactionIds } from "../bank/bankSegments.ts";
import type { RawItem, RawRecord, RawRemark } from "../connector.ts";
import { leftOut } from "../leftOut.ts";
import type { ImportLimits } from "../limits.ts";
import { childOf, otherChildren, textOf, type XmlElement } from "../xml/index.ts";
import { readOfxTree } from "./readOfxTree.ts";
import { ofxDay, toOfxTransaction } from "./toOfxTransaction.ts";

/** The account a statement is of: a bank's, a card's, a broker's, a loan's. */
const statementAccount = /^(?:BANK|CC|INV|LOAN|AMRT)ACCTFROM$/;

/** Accounts, balances and transactions of an OFX file, in its order. Errors: those of {@link readOfxTree}. */
export async function* readOfxStatements(
  texts: AsyncIterable<string>,
  { file, limits }: { readonly file: string; readonly limits: Pick<ImportLimits, "maxRecordBytes" | "maxDepth"> },
): AsyncGenerator<RawItem> {
  const idOf = createTransactionIds();
  let currency: string | null = null;
  let account: string | null = null;
  let waiting: XmlElement | undefined;
  let waitingAt = 0;

  function* accountNow(): Generator<RawRecord> {
    if (waiting === undefined) return;
    const value = { ...accountOf(waiting, undefined), currency };
    waiting = undefined;
    yield { segment: "accounts", value, file, position: waitingAt };
  }

  for await (const item of readOfxTree(texts, { file, limits, isRecord })) {
    const { name, record, position } = item;
    const raw = (segment: string, value: unknown): RawRecord => ({ segment, value, file, position });
    const other = (reason: string, element: XmlElement): RawRemark =>
      leftOut("balances", file, reason, { position, fields: { account, [element.name]: otherChildren(element, []) } });
    if (item.kind === "open" && /STMTRS$/.test(name)) {
      currency = null;
      account = null;
    } else if (item.kind === "close" && /STMTRS$/.test(name)) yield* accountNow();
    else if (item.kind === "value" && name === "CURDEF") currency = item.text;
    if (record === undefined) continue;
    if (isOtherAnswer(name)) {
      const fields = { [name]: otherChildren(record, []) };
      yield leftOut("transactions", file, "is no statement but another message of the bank", { position, fields });
      continue;
    }
    if (statementAccount.test(name)) {
      yield* accountNow();
      waiting = record;
      waitingAt = position;
      account = accountId(accountOf(record, undefined));
      continue;
    }
    if (name === "ACCTINFO") {
      for (const listed of listedAccounts(record)) yield raw("accounts", listed);
      continue;
    }
    // The currency may stand behind the account.
    yield* accountNow();
    if (name === "LEDGERBAL" || name === "AVAILBAL") yield raw("balances", balanceOf(record, { account, currency }));
    else if (name === "INVBAL") yield other("is a balance of a broker's account", record);
    else if (item.path.includes("INVPOSLIST")) yield other("is a position in a security", record);
    else if (item.path.includes("SECLIST")) yield other("describes a security", record);
    else yield raw("transactions", toOfxTransaction(record, { account, currency, idOf }));
  }
}

function isRecord(name: string, path: readonly string[]): boolean {
  if (name === "STMTTRN" || name === "LEDGERBAL" || name === "AVAILBAL" || name === "INVBAL" || name === "ACCTINFO")
    return true;
  if (statementAccount.test(name) || isOtherAnswer(name)) return true;
  const around = path[path.length - 1];
  if (around === "INVTRANLIST") return name !== "INVBANKTRAN";
  return around === "INVPOSLIST" || around === "SECLIST";
}

/** What a bank answers to other questions than for a statement: transfers, payments, mail. */
function isOtherAnswer(name: string): boolean {
  return name.endsWith("TRNRS") && !statementAnswer.test(name);
}

const statementAnswer = /^(?:(?:CC|INV|LOAN|AMRT)?STMT(?:END)?|ACCTINFO|SECLIST|PROF|SIGNUP)TRNRS$/;

function accountOf(element: XmlElement, description: string | null | undefined): BankAccount {
  const bank = textOf(element, "BANKID") ?? textOf(element, "BROKERID");
  return {
    number: textOf(element, "ACCTID") ?? textOf(element, "LOANACCTID"),
    bank,
    name: description ?? null,
    type: textOf(element, "ACCTTYPE") ?? kinds[element.name] ?? null,
    extra: otherChildren(element, ["ACCTID", "LOANACCTID", "BANKID", "BROKERID", "ACCTTYPE"]),
  };
}

const kinds: Readonly<Record<string, string>> = { CCACCTFROM: "credit card", INVACCTFROM: "investment" };

/** The accounts of an ACCTINFO: one of a bank, a card and so on each. */
function listedAccounts(info: XmlElement): BankAccount[] {
  const description = textOf(info, "DESC");
  return info.children
    .flatMap((child) => child.children.filter(({ name }) => statementAccount.test(name)))
    .map((account) => accountOf(account, description));
}

function balanceOf(
  element: XmlElement,
  { account, currency }: { readonly account: string | null; readonly currency: string | null },
): BankBalance {
  const changes: string[] = [];
  const text = textOf(element, "BALAMT");
  return {
    account,
    type: element.name === "LEDGERBAL" ? "closing" : "available",
    sourceType: element.name,
    date: ofxDay(textOf(element, "DTASOF"), changes),
    amount: text === null ? null : parseAmount(text),
    currency: textOf(childOf(element, "CURRENCY"), "CURSYM") ?? currency,
    changes,
  };
}
