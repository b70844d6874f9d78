/** What a column of a bank's CSV holds. */
export type BankField =
  | "date"
  | "valueDate"
  | "amount"
  | "debit"
  | "credit"
  | "direction"
  | "currency"
  | "originalAmount"
  | "originalCurrency"
  | "balance"
  | "payee"
  | "payeeAccount"
  | "payeeBank"
  | "description"
  | "memo"
  | "type"
  | "status"
  | "category"
  | "account"
  | "reference"
  | "id";

/**
 * Names of columns in English, German, French, Spanish, Dutch, Norwegian (and some Swedish, Danish, Italian), as {@link headerKey} makes
 * them. The first of a field is preferred where a file has several.
 */
const synonyms: Readonly<Record<BankField, readonly string[]>> = {
  date: [
    "booking date",
    "posted date",
    "posting date",
    "post date",
    "date posted",
    "transaction date",
    "trade date",
    "date",
    "completed date",
    "journaldate",
    "created",
    "created date utc",
    "created utc",
    "date utc",
    "buchungstag",
    "buchungsdatum",
    "buchung",
    "datum",
    "date operation",
    "date d operation",
    "date de l operation",
    "date comptable",
    "date de comptabilisation",
    "fecha",
    "fecha operacion",
    "fecha de operacion",
    "f operacion",
    "boekdatum",
    "boekingsdatum",
    "transactiedatum",
    "bokforingsdato",
    "bokforingsdag",
    "bokfort dato",
    "bokfort",
    "dato",
    "utfort dato",
    "bogforingsdato",
    "data",
    "data operazione",
    "data contabile",
  ],
  valueDate: [
    "value date",
    "valutadatum",
    "wertstellung",
    "wertstellungsdatum",
    "valuta",
    "wert",
    "date valeur",
    "date de valeur",
    "fecha valor",
    "f valor",
    "rentedatum",
    "rentedato",
    "valuteringsdato",
    "valutadato",
    "data valuta",
  ],
  amount: [
    "amount",
    "amount eur",
    "amount usd",
    "amount gbp",
    "transaction amount",
    "individual amount",
    "net amount",
    "betrag",
    "betrag eur",
    "umsatz",
    "umsatz in eur",
    "umsatzbetrag",
    "montant",
    "montant eur",
    "montant en euros",
    "importe",
    "importe eur",
    "cantidad",
    "bedrag",
    "bedrag eur",
    "transactiebedrag",
    "belop",
    "belop nok",
    "belob",
    "importo",
    "total",
    "gross",
  ],
  debit: [
    "debit",
    "debit amount",
    "withdrawal",
    "withdrawals",
    "withdrawal amount",
    "money out",
    "paid out",
    "soll",
    "belastung",
    "ausgang",
    "debet",
    "debit eur",
    "debits",
    "cargo",
    "ut",
    "ut fra konto",
    "ut av konto",
    "uttak",
    "af",
    "uitgaven",
    "dare",
    "uscite",
  ],
  credit: [
    "credit",
    "credit amount",
    "deposit",
    "deposits",
    "deposit amount",
    "money in",
    "paid in",
    "haben",
    "gutschrift",
    "eingang",
    "kredit",
    "credit eur",
    "credits",
    "abono",
    "inn",
    "inn pa konto",
    "innskudd",
    "bij",
    "inkomsten",
    "avere",
    "entrate",
  ],
  direction: [
    "transaction type",
    "debit credit",
    "credit debit",
    "dr cr",
    "cr dr",
    "af bij",
    "soll haben",
    "s h",
    "debit credit indicator",
  ],
  currency: [
    "currency",
    "ccy",
    "transaction currency",
    "wahrung",
    "waehrung",
    "devise",
    "divisa",
    "moneda",
    "munt",
    "muntsoort",
    "valuta code",
    "mutatie valuta",
    "currency code",
  ],
  originalAmount: [
    "original amount",
    "amount foreign currency",
    "foreign amount",
    "betrag in fremdwahrung",
    "ursprungsbetrag",
    "oorspr bedrag",
  ],
  originalCurrency: ["original currency", "type foreign currency", "foreign currency", "fremdwahrung", "oorspr munt"],
  balance: [
    "balance",
    "running balance",
    "runningbalance",
    "balance after",
    "account balance",
    "saldo",
    "saldo nach buchung",
    "kontostand",
    "solde",
    "saldo na trn",
    "saldo na mutatie",
    "disponible",
  ],
  payee: [
    "payee",
    "partner name",
    "counterparty",
    "counterparty name",
    "merchant name",
    "merchant",
    "name",
    "target",
    "beguenstigter zahlungspflichtiger",
    "begunstigter zahlungspflichtiger",
    "auftraggeber begunstigter",
    "auftraggeber empfanger",
    "empfanger",
    "zahlungsbeteiligter",
    "name zahlungsbeteiligter",
    "zahlungsempfanger*in",
    "zahlungspflichtige*r",
    "auftraggeber",
    "tiers",
    "beneficiaire",
    "nom du tiers",
    "beneficiario",
    "naam tegenpartij",
    "naam omschrijving",
    "naam",
    "mottaker",
    "mottager",
    "betaler",
    "motpart",
    "from",
  ],
  payeeAccount: [
    "partner iban",
    "account number iban",
    "counterparty iban",
    "counterparty account",
    "kontonummer iban",
    "iban zahlungsbeteiligter",
    "iban tegenrekening",
    "tegenrekening iban bban",
    "tegenrekening",
    "til konto",
    "iban contrepartie",
    "counterparty account number",
  ],
  payeeBank: ["bic swift code", "bic tegenpartij", "bic swift", "blz", "bic zahlungsbeteiligter", "swift code"],
  description: [
    "description",
    "payment reference",
    "transaction description",
    "verwendungszweck",
    "buchungstext",
    "vorgang verwendungszweck",
    "libelle",
    "libelle operation",
    "libelle de l operation",
    "concepto",
    "descripcion",
    "desc",
    "omschrijving",
    "omschrijving 1",
    "mededelingen",
    "beskrivelse",
    "tekst",
    "forklaring",
    "tittel",
    "tekst melding",
    "original description",
    "items",
    "narrative",
    "details",
    "description 1",
    "descrizione",
    "causale",
    "reason for payment",
    "communication",
    "betreff",
  ],
  memo: [
    "memo",
    "notes",
    "note",
    "comments",
    "comment",
    "additional description",
    "description 2",
    "description 3",
    "omschrijving 2",
    "omschrijving 3",
    "informations complementaires",
    "notas",
    "observaciones",
    "bemerkung",
    "notiz",
    "melding",
    "kid",
    "simple description",
    "user description",
  ],
  type: [
    "type",
    "umsatzart",
    "umsatztyp",
    "buchungsart",
    "type operation",
    "type d operation",
    "tipo",
    "mutatiesoort",
    "transactietype",
    "code",
    "class",
    "vorgang",
    "split type",
  ],
  status: ["status", "state", "statut", "estado", "stand"],
  category: ["category", "kategorie", "categorie", "categoria", "kategori", "subcategory", "hauptkategorie"],
  account: [
    "account",
    "account name",
    "account number",
    "account no",
    "card no",
    "card number",
    "card used for transaction",
    "iban",
    "konto",
    "kontonummer",
    "auftragskonto",
    "iban auftragskonto",
    "compte",
    "numero de compte",
    "cuenta",
    "rekening",
    "rekeningnummer",
    "iban bban",
    "fra konto",
    "bezeichnung auftragskonto",
    "conto",
  ],
  reference: [
    "check number",
    "checknumber",
    "check",
    "num",
    "reference",
    "journalreference",
    "reference id",
    "kundenreferenz",
    "kundenreferenz end to end",
    "referenz",
    "referencia",
    "referanse",
    "transactiereferentie",
    "betalingskenmerk",
    "volgnr",
  ],
  id: [
    "transaction id",
    "transaction no",
    "id",
    "row",
    "journalid",
    "order id",
    "archivreferenz",
    "arkivref",
    "numerisk referanse",
    "transaktionsnummer",
    "transaction reference",
    "entry reference",
  ],
};

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
    const bare = key.replace(/ (?:in )?(?:eur|usd|gbp|chf|nok|sek|dkk|cad|aud)$/, "");
    const match = byName.get(key) ?? byName.get(bare);
    if (match === undefined) continue;
    const { field, rank } = match;
    if (field === "amount" && (key !== bare || cell.includes("€"))) {
      currency ??= cell.includes("€") ? "EUR" : (/ ([a-z]{3})$/.exec(key)?.[1]?.toUpperCase() ?? null);
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
