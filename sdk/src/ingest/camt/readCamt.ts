import { PersonaError } from "../../errors/index.ts";
import { accountId, type BankAccount, type BankBalance, createTransactionIds } from "../bank/bankSegments.ts";
import type { RawRecord } from "../connector.ts";
import type { ImportLimits } from "../limits.ts";
import { childOf, otherChildren, readXml, textOf, type XmlElement } from "../xml/index.ts";
import { camtAmount, camtDay } from "./camtValues.ts";
import { toCamtTransaction } from "./toCamtTransaction.ts";

const statements = new Set(["Stmt", "Rpt", "Ntfctn"]);
/** camt.052 of 2006 has BkToCstmrAcctRptV01, and so on. */
const messages = ["BkToCstmrStmt", "BkToCstmrAcctRpt", "BkToCstmrDbtCdtNtfctn"];
const containers = new Set([
  "Document",
  ...messages,
  ...messages.map((name) => `${name}V01`),
  ...messages.map((name) => `${name}V02`),
  ...statements,
]);

/**
 * Accounts, balances and entries of a camt message, in its order.
 *
 * Errors: `EXPORT_INVALID` (data: file, position) when it is none, or holds no statement, report or notice.
 */
export async function* readCamt(
  chunks: AsyncIterable<Uint8Array>,
  { file, limits }: { readonly file: string; readonly limits: Pick<ImportLimits, "maxRecordBytes" | "maxDepth"> },
): AsyncGenerator<RawRecord> {
  const idOf = createTransactionIds();
  let count = 0;
  let end = 0;
  let account: string | null = null;
  let currency: string | null = null;
  let statement: string | null = null;
  let isInStatement = false;
  for await (const { kind, element, position } of readXml(chunks, { file, limits, containers })) {
    const { name } = element;
    end = position;
    if (statements.has(name) && kind !== "element") {
      isInStatement = kind === "open";
      if (isInStatement) count += 1;
      account = null;
      currency = null;
      statement = null;
    }
    if (kind !== "element" || !isInStatement) continue;
    if (name === "Id") statement = element.text;
    else if (name === "Acct") {
      const value = accountOf(element);
      account = accountId(value);
      currency = value.currency ?? null;
      yield { segment: "accounts", value, file, position };
    } else if (name === "Bal") {
      yield { segment: "balances", value: balanceOf(element, account), file, position };
    } else if (name === "Ntry") {
      const value = toCamtTransaction(element, { account, currency, statement, idOf });
      yield { segment: "transactions", value, file, position };
    }
  }
  if (count === 0) {
    throw new PersonaError("EXPORT_INVALID", `${file} holds no statement, report or notice of a bank.`, {
      data: { file, position: end },
    });
  }
}

function accountOf(element: XmlElement): BankAccount {
  const id = childOf(element, "Id");
  return {
    iban: textOf(id, "IBAN"),
    number: textOf(id, "Othr", "Id") ?? textOf(id, "PrtryAcct", "Id") ?? textOf(id, "BBAN") ?? textOf(id, "UPIC"),
    // The number of an account is long; its bank's code in front of it would only hide it.
    bank: null,
    name: textOf(element, "Nm"),
    owner: textOf(element, "Ownr", "Nm") ?? textOf(element, "Ownr", "Pty", "Nm"),
    type: textOf(element, "Tp", "Cd") ?? textOf(element, "Tp", "Prtry"),
    currency: textOf(element, "Ccy"),
    extra: otherChildren(element, ["Id", "Nm", "Ccy"]),
  };
}

const balanceTypes: Readonly<Record<string, BankBalance["type"]>> = {
  OPBD: "opening",
  PRCD: "opening",
  CLBD: "closing",
  ITBD: "interim",
  OPAV: "available",
  CLAV: "available",
  ITAV: "available",
  FWAV: "forward",
};

function balanceOf(element: XmlElement, account: string | null): BankBalance {
  const type = childOf(element, "Tp");
  const code = textOf(type, "CdOrPrtry", "Cd") ?? textOf(type, "CdOrPrtry", "Prtry") ?? textOf(type, "Cd") ?? "";
  const changes: string[] = [];
  return {
    account,
    type: Object.hasOwn(balanceTypes, code) ? (balanceTypes[code] ?? null) : null,
    sourceType: code,
    date: camtDay(childOf(element, "Dt"), changes),
    amount: camtAmount(element, changes),
    currency: childOf(element, "Amt")?.attributes["Ccy"] ?? null,
    changes,
  };
}
