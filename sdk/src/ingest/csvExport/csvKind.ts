import { isPersonaError } from "../../errors/index.ts";
import { decodeText } from "../text/decodeText.ts";
import { readCsvRows } from "../text/readCsvRows.ts";

/** A kind of CSV file of some export. */
export type CsvKind = {
  /** The base name it has when it comes from the service. */
  readonly name: RegExp;
  /** Columns that only this kind has together, as the service writes them; several where it changed or translates them. */
  readonly headers: readonly (readonly string[])[];
  /** Its rows have no ids: equal ones are counted, which costs a digest for each. */
  readonly isCounted?: true;
  /** Where its rows go; the segment of the kind's own name unless said. */
  readonly segment?: string;
};

/** Has this row every column of the kind? In any order, whatever the letters' case. */
export function isHeaderOf(kind: CsvKind, cells: readonly string[]): boolean {
  const has = new Set(cells.map((cell) => cell.trim().toLowerCase()));
  return kind.headers.some((columns) => columns.every((column) => has.has(column.toLowerCase())));
}

/** The rows that the head of a file shows whole or in part; none where it is no text of rows. */
export async function headRows(head: Uint8Array): Promise<readonly (readonly string[])[]> {
  const rows: (readonly string[])[] = [];
  try {
    const texts = decodeText(one(head));
    for await (const { cells } of readCsvRows(texts, { file: "", maxRowLength: head.length, maxColumns: head.length }))
      rows.push(cells);
  } catch (error) {
    // A head ends anywhere, also inside quotes.
    if (!isPersonaError(error)) throw error;
  }
  return rows;
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
