import { PersonaError } from "../../errors/index.ts";
import { type CsvOptions, readCsvRows } from "./readCsvRows.ts";

/** Cells by the names in the header, as they stand there. Own properties only; a cell that a short row leaves out is absent. */
export type CsvFields = Readonly<Record<string, string>>;

export type CsvRecord = { readonly fields: CsvFields; readonly cells: readonly string[]; readonly line: number };

/** Rows that may stand before a header: services explain themselves there. */
const maxPreambleRows = 20;

/**
 * The rows below the first row that `isHeader` takes for the header; the first of all, unless said. Rows of empty cells only
 * are no records. A column without a name, and a cell behind the last column, is `column <number>`, from 1; a repeated name
 * gets its number too.
 *
 * Errors: those of {@link readCsvRows}; `EXPORT_INVALID` when there is no header among the first 20 rows.
 */
export async function* readCsvTable(
  texts: AsyncIterable<string>,
  { isHeader = () => true, ...options }: CsvOptions & { readonly isHeader?: (cells: readonly string[]) => boolean },
): AsyncGenerator<CsvRecord> {
  let names: readonly string[] | undefined;
  let before = 0;
  for await (const { cells, line } of readCsvRows(texts, options)) {
    if (names === undefined) {
      if (isHeader(cells)) names = columnNames(cells);
      else if (++before > maxPreambleRows) throw noHeader(options.file);
      continue;
    }
    if (cells.every((cell) => cell === "")) continue;
    const header = names;
    const entries = cells.map((cell, index): [string, string] => [header[index] ?? `column ${index + 1}`, cell]);
    yield { fields: Object.fromEntries(entries), cells, line };
  }
  if (names === undefined) throw noHeader(options.file);
}

/** A cell, without the space around it; null when the row has none or it is empty. The first name that the header has counts. */
export function cellOf(fields: CsvFields, ...names: readonly string[]): string | null {
  for (const name of names) {
    const cell = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (cell === undefined) continue;
    const text = cell.trim();
    return text === "" ? null : text;
  }
  return null;
}

function columnNames(cells: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return cells.map((cell, index) => {
    const name = cell.trim();
    const chosen = name === "" || taken.has(name) ? `${name === "" ? "column" : name} ${index + 1}` : name;
    taken.add(chosen);
    return chosen;
  });
}

function noHeader(file: string): PersonaError {
  return new PersonaError("EXPORT_INVALID", `${file} has no header row of its kind.`, { data: { file, line: 1 } });
}
