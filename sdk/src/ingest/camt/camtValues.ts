import { negated, parseAmount } from "../bank/amounts.ts";
import { readDay } from "../bank/days.ts";
import { childOf, textOf, type XmlElement } from "../xml/index.ts";

/** `Amt` with the sign of `CdtDbtInd`; null when it is none, which is a change. */
export function camtAmount(element: XmlElement, changes: string[]): string | null {
  const text = textOf(element, "Amt");
  const amount = text === null ? null : parseAmount(text, ".");
  if (amount === null) changes.push("an amount cannot be read");
  const direction = textOf(element, "CdtDbtInd");
  if (direction !== "CRDT" && direction !== "DBIT") changes.push("says neither credit nor debit: taken as credit");
  return amount !== null && direction === "DBIT" ? negated(amount) : amount;
}

/** The day of a choice of `Dt` and `DtTm`, as it is written: no zone moves it. */
export function camtDay(element: XmlElement | undefined, changes: string[]): string | null {
  if (element === undefined) return null;
  // The first versions have the date itself where later ones have the choice.
  const text = textOf(element, "Dt") ?? textOf(element, "DtTm") ?? (element.text === "" ? null : element.text);
  if (text === null) return null;
  const day = readDay(text.slice(0, 10));
  if (typeof day === "string") return day;
  changes.push("a day cannot be read");
  return null;
}

/** The name of a party: directly, or since 2019 in a choice. */
export function partyName(parties: XmlElement | undefined, role: string): string | null {
  return (
    textOf(parties, role, "Nm") ??
    textOf(parties, role, "Pty", "Nm") ??
    textOf(parties, role, "Agt", "FinInstnId", "Nm")
  );
}

export function partyAccount(parties: XmlElement | undefined, role: string): string | null {
  const id = childOf(parties, `${role}Acct`, "Id");
  return textOf(id, "IBAN") ?? textOf(id, "Othr", "Id") ?? textOf(id, "PrtryAcct", "Id") ?? textOf(id, "BBAN");
}
