import { type BankField, synonyms } from "./synonyms.ts";

const byName: ReadonlyMap<string, { readonly field: BankField; readonly rank: number }> = new Map(
  (Object.entries(synonyms) as [BankField, readonly string[]][]).flatMap(([field, names]) =>
    names.map((name, rank) => [name, { field, rank }] as const),
  ),
);

/** A header without case, accents, marks and brackets: `Amount (EUR)` → `amount eur`, `Bokføringsdato` → `bokforingsdato`. */
export function headerKey(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/ø/g, "o")
    .replace(/æ/g, "ae")
    .replace(/ß/g, "ss")
    .replace(/[^\p{L}\p{N}*]+/gu, " ")
    .trim();
}

export type HeaderMatch = {
  /** Index of the column of each field. */
  readonly columns: ReadonlyMap<BankField, number>;
  /** `Amount (EUR)` says the currency of the whole file. */
  readonly currency: string | null;
};

/** What the cells of a header row mean; undefined when they are no header of bank statements: a day and an amount, at least. */
export function matchHeader(cells: readonly string[]): HeaderMatch | undefined {
  const columns = new Map<BankField, number>();
  const ranks = new Map<BankField, number>();
  let currency: string | null = null;
  for (const [index, cell] of cells.entries()) {
    if (cell.length > 100) return undefined;
    const key = headerKey(cell);
    // `Betrag (€)`, `Amount (EUR)`, `Solde EUR`: the currency is not part of the name.
    const bare = key.replace(/ (?:in )?(?:euros?|eur|usd|gbp|chf|nok|sek|dkk|cad|aud|pln|czk|huf|brl|inr)$/, "");
    const match = byName.get(key) ?? byName.get(bare);
    if (match === undefined) continue;
    const { field, rank } = match;
    if (field === "amount" && (key !== bare || cell.includes("€"))) {
      const code = / ([a-z]{3})$/.exec(key)?.[1]?.toUpperCase() ?? null;
      currency ??= cell.includes("€") || / euros?$/.test(key) ? "EUR" : code;
    }
    if (rank >= (ranks.get(field) ?? Number.POSITIVE_INFINITY)) continue;
    ranks.set(field, rank);
    columns.set(field, index);
  }
  const hasAmount = columns.has("amount") || (columns.has("debit") && columns.has("credit"));
  if (!columns.has("date") && columns.has("valueDate")) {
    columns.set("date", columns.get("valueDate") ?? 0);
    columns.delete("valueDate");
  }
  return columns.has("date") && hasAmount ? { columns, currency } : undefined;
}
