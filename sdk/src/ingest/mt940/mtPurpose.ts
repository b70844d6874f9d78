/** What field 86 says of an entry. */
export type MtPurpose = {
  readonly description: string | null;
  readonly counterpartyName: string | null;
  readonly counterpartyAccount: string | null;
  readonly counterpartyBank: string | null;
  readonly reference: string | null;
  readonly type: string | null;
  /** The structure's other parts, by their number. */
  readonly extra: Readonly<Record<string, string>> | undefined;
};

/**
 * Field 86 (or NS): free text, or the structure of the German banks, `166?00GUTSCHRIFT?20…?32name`, cut into lines anywhere. In it 20 to
 * 29 and 60 to 63 are the purpose, 30 the bank, 31 the account, 32 and 33 the name; `EREF+`, `SVWZ+` and others stand inside the
 * purpose.
 */
export function readMtPurpose(lines: readonly string[]): MtPurpose {
  const whole = lines.join("");
  const structured = /^\s*(\d{3})?\s*\?(?=\d\d)/.exec(whole);
  if (structured === null) {
    const text = lines
      .map((line) => line.trim())
      .join("\n")
      .trim();
    return { ...nothing, description: text === "" ? null : text };
  }
  const parts = new Map<string, string>();
  for (const part of whole.slice(structured[0].length).split(/\?(?=\d\d)/)) {
    const number = part.slice(0, 2);
    parts.set(number, (parts.get(number) ?? "") + part.slice(2));
  }
  const of = (...numbers: readonly number[]): string =>
    numbers
      .map((number) => parts.get(String(number).padStart(2, "0")) ?? "")
      .join("")
      .trim();
  const purpose = of(20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 60, 61, 62, 63);
  const tagged = readTags(purpose);
  const rest: Record<string, string> = {};
  if (structured[1] !== undefined) rest["transaction code"] = structured[1];
  for (const [number, text] of parts) {
    if (!/^(?:00|2\d|3[0-3]|6[0-3])$/.test(number) && text.trim() !== "") rest[`?${number}`] = text.trim();
  }
  return {
    description: purpose === "" ? null : purpose,
    counterpartyName: of(32, 33) || null,
    counterpartyAccount: of(31) || null,
    counterpartyBank: of(30) || null,
    reference: tagged.get("EREF") ?? tagged.get("KREF") ?? null,
    type: of(0) || null,
    extra: Object.keys(rest).length === 0 ? undefined : rest,
  };
}

const nothing = {
  counterpartyName: null,
  counterpartyAccount: null,
  counterpartyBank: null,
  reference: null,
  type: null,
  extra: undefined,
};

/** `EREF+…MREF+…CRED+…SVWZ+…` inside a purpose. */
function readTags(purpose: string): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  const parts = purpose.split(/(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|COAM|OAMT|IBAN|BIC)\+/);
  for (let at = 1; at + 1 < parts.length; at += 2) {
    const text = (parts[at + 1] ?? "").trim();
    if (text !== "" && text !== "NOTPROVIDED") tags.set(parts[at] ?? "", text);
  }
  return tags;
}
