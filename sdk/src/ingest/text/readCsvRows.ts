import { PersonaError } from "../../errors/index.ts";

export type CsvRow = {
  readonly cells: readonly string[];
  /** With `marksQuotes`: which of the cells began with a quote. `""` is the empty text where nothing at all is no value. */
  readonly quoted?: readonly boolean[];
  /** Line of the text where the row begins, from 1. */
  readonly line: number;
};

export type CsvOptions = {
  readonly file: string;
  /** One character; the comma unless said. */
  readonly delimiter?: string;
  /** UTF-16 units of one row. */
  readonly maxRowLength: number;
  readonly maxColumns: number;
  readonly marksQuotes?: boolean;
};

/**
 * The rows of a CSV text (RFC 4180), as cells. Takes what people have: CR LF, LF or CR between rows, rows of different lengths,
 * quotes in the middle of a cell as they stand, text behind a closing quote. Empty lines are no rows. csv-parse, which the
 * tests compare with, needs Node's Buffer, or 215 kB of it in a browser.
 *
 * Errors: `EXPORT_INVALID` (data: file, line): a row that is too long or has too many columns, a quote that is never closed.
 */
export async function* readCsvRows(texts: AsyncIterable<string>, options: CsvOptions): AsyncGenerator<CsvRow> {
  const { file, delimiter = ",", maxRowLength, maxColumns, marksQuotes = false } = options;
  const plain = new RegExp(`[\\r\\n${delimiter.replace(/[\\\]^-]/g, "\\$&")}]`, "g");
  let cells: string[] = [];
  let marks: boolean[] = [];
  let cell = "";
  let quoted = false;
  /** The cell began with a quote: an empty one is a cell too. */
  let wasQuoted = false;
  let length = 0;
  let line = 1;
  let rowLine = 1;
  let rest = "";

  const invalid = (problem: string): PersonaError =>
    new PersonaError("EXPORT_INVALID", `${file} ${problem}.`, { data: { file, line: rowLine } });

  function endCell(): void {
    cells.push(cell);
    if (marksQuotes) marks.push(wasQuoted);
    if (cells.length > maxColumns) throw invalid(`has a row of more than ${maxColumns} columns`);
    cell = "";
    wasQuoted = false;
  }

  function endRow(): CsvRow | undefined {
    const isEmpty = cells.length === 0 && cell === "" && !wasQuoted;
    endCell();
    const row = { cells, line: rowLine, ...(marksQuotes ? { quoted: marks } : {}) };
    cells = [];
    marks = [];
    length = 0;
    rowLine = line;
    return isEmpty ? undefined : row;
  }

  function* scan(text: string, isLast: boolean): Generator<CsvRow> {
    let at = 0;
    while (at < text.length) {
      if (quoted) {
        // A quote that is doubled goes on; what follows one at the end of a piece is in the next.
        let quote = text.indexOf('"', at);
        while (quote >= 0 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
        const isOpen = quote >= 0 && quote + 1 === text.length && !isLast;
        const end = quote < 0 ? text.length : quote;
        const part = text.slice(at, end);
        cell += part.includes('"') ? part.replaceAll('""', '"') : part;
        line += countLines(part);
        length += part.length;
        if (length > maxRowLength) throw invalid(`has a row longer than ${maxRowLength} characters`);
        if (quote < 0) break;
        if (isOpen) {
          rest = '"';
          return;
        }
        quoted = false;
        at = quote + 1;
        continue;
      }
      if (length === 0 && cells.length === 0 && !wasQuoted) {
        const empty = emptyLines(text, at, isLast);
        if (empty.end > at) {
          line += empty.lines;
          rowLine = line;
          at = empty.end;
          continue;
        }
      }
      // Elsewhere than at the beginning of a cell a quote is a character like any other.
      if (cell === "" && !wasQuoted && text[at] === '"') {
        quoted = true;
        wasQuoted = true;
        length += 1;
        at += 1;
        continue;
      }
      plain.lastIndex = at;
      const found = plain.exec(text);
      const end = found?.index ?? text.length;
      cell += text.slice(at, end);
      length += end - at + 1;
      if (length > maxRowLength) throw invalid(`has a row longer than ${maxRowLength} characters`);
      if (found === null) break;
      at = end + 1;
      if (found[0] === delimiter) endCell();
      else {
        if (found[0] === "\r") {
          if (at === text.length && !isLast) {
            rest = "\r";
            return;
          }
          if (text[at] === "\n") at += 1;
        }
        line += 1;
        const row = endRow();
        if (row !== undefined) yield row;
      }
    }
  }

  for await (const piece of texts) {
    const text = rest + piece;
    rest = "";
    yield* scan(text, false);
  }
  const last = rest;
  rest = "";
  yield* scan(last, true);
  if (quoted) throw invalid("has a quote that is never closed");
  const row = endRow();
  if (row !== undefined) yield row;
}

/** Empty lines are passed over by themselves: a file may be nothing else, and each would cost what a row costs. */
function emptyLines(text: string, from: number, isLast: boolean): { readonly end: number; readonly lines: number } {
  let at = from;
  let lines = 0;
  for (; ; lines += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x0a) at += 1;
    // Whether a line feed belongs to a return at the end of a piece is seen in the next.
    else if (code === 0x0d && (at + 1 < text.length || isLast)) at += text.charCodeAt(at + 1) === 0x0a ? 2 : 1;
    else return { end: at, lines };
  }
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
}
