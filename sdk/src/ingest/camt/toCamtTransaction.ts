import { parseAmount } from "../bank/amounts.ts";
import type { BankTransaction, createTransactionIds } from "../bank/bankSegments.ts";
import { childOf, otherChildren, textOf, type XmlElement } from "../xml/index.ts";
import { camtAmount, camtDay, partyAccount, partyName } from "./camtValues.ts";

/** An entry (`Ntry`). One that sums up several payments stays one entry: they have no balance of their own; all goes to `extra`. */
export function toCamtTransaction(
  entry: XmlElement,
  {
    account,
    currency,
    statement,
    idOf,
  }: {
    readonly account: string | null;
    readonly currency: string | null;
    readonly statement: string | null;
    readonly idOf: ReturnType<typeof createTransactionIds>;
  },
): BankTransaction {
  const changes: string[] = [];
  const amount = camtAmount(entry, changes);
  const bookingDate = camtDay(childOf(entry, "BookgDt"), changes);
  const valueDate = camtDay(childOf(entry, "ValDt"), changes);
  const payments = entry.children
    .filter(({ name }) => name === "NtryDtls" || name === "TxDtls")
    .flatMap((details) =>
      details.name === "TxDtls" ? [details] : details.children.filter(({ name }) => name === "TxDtls"),
    );
  const only = payments.length === 1 ? payments[0] : undefined;
  const parties = childOf(only, "RltdPties");
  // Money that comes is from the debtor, money that goes is to the creditor.
  const role = amount?.startsWith("-") === true ? "Cdtr" : "Dbtr";
  const agent = childOf(only, "RltdAgts", `${role}Agt`, "FinInstnId");
  const own = textOf(entry, "AcctSvcrRef");
  const purpose = purposeOf(only) ?? textOf(only, "AddtlTxInf") ?? textOf(entry, "AddtlNtryInf");
  const references = childOf(only, "Refs");
  const reference =
    textOf(only, "RmtInf", "Strd", "CdtrRefInf", "Ref") ??
    textOf(only, "RmtInf", "Strd", "CdtrRefInf", "CdtrRef") ??
    provided(textOf(references, "EndToEndId"));
  const instructed = childOf(only, "AmtDtls", "InstdAmt", "Amt");
  const entryReference = textOf(entry, "NtryRef");
  return {
    id: idOf(account, own, [amount, bookingDate, valueDate, own === null ? entryReference : null, reference, purpose]),
    account,
    bookingDate,
    valueDate,
    amount,
    currency: childOf(entry, "Amt")?.attributes["Ccy"] ?? currency,
    originalAmount: instructed === undefined ? null : parseAmount(instructed.text, "."),
    originalCurrency: instructed?.attributes["Ccy"] ?? null,
    type: codeOf(childOf(entry, "BkTxCd")),
    status: textOf(entry, "Sts") ?? textOf(entry, "Sts", "Cd"),
    counterpartyName: partyName(parties, role),
    counterpartyAccount: partyAccount(parties, role),
    counterpartyBank: textOf(agent, "BICFI") ?? textOf(agent, "BIC"),
    description: purpose,
    reference,
    bankReference: own,
    statement,
    changes,
    extra: otherChildren(entry, ["Amt", "CdtDbtInd", "Sts", "BookgDt", "ValDt", "AcctSvcrRef"]),
  };
}

function purposeOf(payment: XmlElement | undefined): string | null {
  const lines = childOf(payment, "RmtInf")?.children.filter(({ name }) => name === "Ustrd") ?? [];
  const text = lines.map((line) => line.text).join("\n");
  return text === "" ? null : text;
}

/** `PMNT-RCDT-DMCT`, or the bank's own code. */
function codeOf(code: XmlElement | undefined): string | null {
  const domain = [
    textOf(code, "Domn", "Cd"),
    textOf(code, "Domn", "Fmly", "Cd"),
    textOf(code, "Domn", "Fmly", "SubFmlyCd"),
  ].filter((part) => part !== null);
  return domain.length > 0 ? domain.join("-") : textOf(code, "Prtry", "Cd");
}

function provided(reference: string | null): string | null {
  return reference === "NOTPROVIDED" ? null : reference;
}
