import { isPersonaError } from "../../errors/index.ts";
import { parseAmount } from "../bank/amounts.ts";
import { readDay } from "../bank/days.ts";
import { type CsvRow, readCsvRows } from "../text/readCsvRows.ts";
import { headerless } from "./headerless.ts";
import { headerKey, matchHeader } from "./headers.ts";
import { placeColumns, type WrittenMapping } from "./parseMapping.ts";
import { type BankCsvMapping, profileOf, shapeOf } from "./profiles.ts";

/** Where the transactions of a file begin, and how they are read. */
export type BankTable = {
  readonly delimiter: string;
  /** Of the header; empty where there is none. */
  readonly header: readonly string[];
  /** Rows before the first transaction: what the bank writes above, and the header. */
  readonly skip: number;
  readonly mapping: BankCsvMapping;
  /** IBAN in what the bank writes above. */
  readonly iban: string | null;
  /** Whether more than the names of two columns says that this is a bank's. */
  readonly isSure: boolean;
};

const delimiters = [",", ";", "\t", "|"];
/** Rows behind a header that are looked at. */
const rowsToJudge = 3;
/** Banks write addresses, periods and balances above the table. */
const maxRowsAbove = 30;

/** The table of transactions in the beginning of a CSV; undefined when it has none. */
export async function findTable(beginning: string): Promise<BankTable | undefined> {
  for (const delimiter of delimiters) {
    const rows = await rowsOf(beginning, delimiter);
    const [first] = rows;
    const shape = first === undefined ? undefined : shapeOf(first.cells);
    if (shape !== undefined) return { delimiter, header: [], skip: 0, mapping: shape, iban: null, isSure: true };
    for (const [index, { cells }] of rows.entries()) {
      const match = matchHeader(cells);
      if (match === undefined) continue;
      const mapping = profileOf(cells, match);
      // A header alone is an empty statement; with rows behind it, one of the first must be a transaction: a balance may stand before it.
      const next = rows.slice(index + 1, index + 1 + rowsToJudge);
      if (next.length > 0 && !next.some((row) => isTransaction(row.cells, mapping))) continue;
      const isSure = mapping.name !== "header" || mapping.columns.size > 4;
      return { delimiter, header: cells, skip: index + 1, mapping, iban: ibanIn(rows.slice(0, index)), isSure };
    }
  }
  for (const delimiter of delimiters) {
    const rows = (await rowsOf(beginning, delimiter)).map(({ cells }) => cells);
    // The last row may be cut off.
    const bare = headerless(rows.length > 1 && !/[\r\n]$/.test(beginning) ? rows.slice(0, -1) : rows);
    if (bare !== undefined) return { delimiter, iban: null, isSure: false, ...bare };
  }
  return undefined;
}

/** The same where a person says what the columns are: the first row that is a transaction by that, and the header before it. */
export async function findMappedTable(beginning: string, written: WrittenMapping): Promise<BankTable | undefined> {
  for (const delimiter of delimiters) {
    const rows = await rowsOf(beginning, delimiter);
    for (const [index, { cells }] of rows.entries()) {
      const mapping = placeColumns(written, cells);
      if (mapping === undefined) continue;
      const isHeader = !isTransaction(cells, mapping);
      const next = rows.slice(index + 1, index + 1 + rowsToJudge);
      if (isHeader && !next.some((row) => isTransaction(row.cells, mapping))) continue;
      const header = isHeader ? cells : [];
      const skip = isHeader ? index + 1 : index;
      return { delimiter, header, skip, mapping, iban: ibanIn(rows.slice(0, index)), isSure: true };
    }
  }
  return undefined;
}

async function rowsOf(text: string, delimiter: string): Promise<CsvRow[]> {
  const rows: CsvRow[] = [];
  try {
    const options = { file: "", delimiter, maxRowLength: text.length + 1, maxColumns: 200 };
    for await (const row of readCsvRows(once(text), options)) {
      rows.push(row);
      if (rows.length > maxRowsAbove + 1) break;
    }
  } catch (error) {
    // The beginning of a file may end inside a quoted cell.
    if (!isPersonaError(error)) throw error;
  }
  return rows;
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

function isTransaction(cells: readonly string[], { columns }: BankCsvMapping): boolean {
  const cell = (index: number | undefined): string => (index === undefined ? "" : (cells[index] ?? "").trim());
  const day = readDay(cell(columns.get("date"))) ?? readDay(cell(columns.get("valueDate")));
  const amounts = [columns.get("amount"), columns.get("debit"), columns.get("credit")].map(cell);
  return (day !== null || amounts.every((text) => text !== "")) && amounts.some((text) => parseAmount(text) !== null);
}

function ibanIn(rows: readonly CsvRow[]): string | null {
  for (const { cells } of rows) {
    if (!cells.some((cell) => /iban|konto|account|compte|cuenta|rekening/.test(headerKey(cell)))) continue;
    for (const cell of cells) {
      const iban = /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b/.exec(cell)?.[0];
      if (iban !== undefined) return iban.replace(/ /g, "");
    }
  }
  return null;
}
