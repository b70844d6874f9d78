import type { Connector, ConnectorOpenOptions, InspectedInput, RawRecord } from "../connector.ts";
import { createExportReader } from "../exportReader.ts";
import { createOccurrences } from "../occurrences.ts";
import { decodeText } from "../text/decodeText.ts";
import { decodeUndeclared } from "../text/decodeUndeclared.ts";
import { readCsvTable } from "../text/readCsvTable.ts";
import { claim, claimed } from "./claim.ts";
import { type RawRow, rowSegments } from "./rowSegment.ts";

/**
 * Any CSV: comma, semicolon, tab or bar between the cells, the first row as header, UTF-8, UTF-16 with a mark, or else
 * Windows-1252, as the first letters beyond ASCII tell. Each row becomes an object of texts by the names in the header. Nobody knows who is in it: all of it counts as
 * about others.
 */
export const csv: Connector = {
  id: "csv",
  segments: rowSegments,
  detect: async (input) => claim(input, pattern, isTable),
  open,
};

const pattern = /\.(?:csv|tsv|tab)$/i;
const delimiters = [",", ";", "\t", "|"] as const;
const maxColumns = 10_000;

/** Several lines, each with the same number of the same delimiter. A guess, and of little weight. */
function isTable(head: Uint8Array): boolean {
  const text = new TextDecoder().decode(head);
  // The last line may go on behind the head.
  const lines = text.split(/\r\n|\r|\n/).slice(0, -1);
  const [first, another] = lines;
  if (first === undefined || another === undefined || text.includes("\0") || /^\s*[[{<]/.test(first)) return false;
  return delimiters.some((delimiter) => {
    const cells = first.split(delimiter).length;
    return cells > 1 && lines.every((line) => line.split(delimiter).length === cells);
  });
}

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawRecord> {
  const files = claimed(input, pattern);
  const read = createExportReader(input, options, files);
  const occurrenceOf = createOccurrences();
  for (const entry of files) {
    const file = entry.path;
    let isUtf8 = true;
    const head = await input.head(file);
    const texts = hasUtf16Mark(head)
      ? decodeText(read(entry))
      : decodeUndeclared(read(entry), undefined, (charset) => {
          isUtf8 = charset === "utf-8";
        });
    const rows = readCsvTable(texts, {
      file,
      delimiter: delimiterOf(head),
      maxRowLength: options.limits.maxRecordBytes,
      maxColumns,
    });
    let number = 0;
    for await (const { fields, line } of rows) {
      number += 1;
      const text = JSON.stringify(fields);
      const row: RawRow = {
        text,
        number,
        occurrence: occurrenceOf([text]),
        changes: changesOf(text, isUtf8),
      };
      yield { segment: "records", value: row, file, position: line };
    }
  }
}

/** The one that makes the most cells of the first line. */
function delimiterOf(head: Uint8Array): string {
  const [firstLine = ""] = new TextDecoder().decode(head).split(/[\r\n]/);
  const unquoted = firstLine.replace(/"[^"]*"/g, "");
  let best: string = ",";
  for (const delimiter of delimiters)
    if (unquoted.split(delimiter).length > unquoted.split(best).length) best = delimiter;
  return best;
}

function hasUtf16Mark(head: Uint8Array): boolean {
  return head.length > 1 && (head[0] ?? 0) + (head[1] ?? 0) === 0xff + 0xfe;
}

/** What is ASCII needs no charset: only the others are said. */
function changesOf(text: string, isUtf8: boolean): readonly string[] {
  if (!isUtf8) return /[\u0080-\uffff]/.test(text) ? ["is not UTF-8: read as Windows-1252"] : [];
  return text.includes("\ufffd") ? ["holds bytes that are no letters"] : [];
}
