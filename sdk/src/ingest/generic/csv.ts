import type { Connector, ConnectorOpenOptions, InspectedInput, RawRecord } from "../connector.ts";
import { createExportReader } from "../exportReader.ts";
import { createOccurrences } from "../occurrences.ts";
import { decodeText } from "../text/decodeText.ts";
import { readCsvTable } from "../text/readCsvTable.ts";
import { claim, claimed } from "./claim.ts";
import { type RawRow, rowSegments } from "./rowSegment.ts";

/**
 * Any CSV: comma, semicolon, tab or bar between the cells, the first row as header, UTF-8, UTF-16 with a mark, or else
 * Windows-1252. Each row becomes an object of texts by the names in the header. Nobody knows who is in it: all of it counts as
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
    const isUtf8 = await isValidUtf8(
      input.read(file, { maxBytes: options.limits.maxEntryBytes, signal: options.signal }),
    );
    const rows = readCsvTable(decodeText(read(entry), isUtf8 ? "utf-8" : "windows-1252"), {
      file,
      delimiter: delimiterOf(await input.head(file)),
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
        changes: isUtf8 ? [] : ["is not UTF-8: read as Windows-1252"],
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

/** A byte order mark says what it is; without one every byte decides. */
async function isValidUtf8(chunks: AsyncIterable<Uint8Array>): Promise<boolean> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let first = true;
  try {
    for await (const chunk of chunks) {
      if (first && chunk.length > 1 && (chunk[0] ?? 0) + (chunk[1] ?? 0) === 0xff + 0xfe) return true;
      first = false;
      decoder.decode(chunk, { stream: true });
    }
    decoder.decode();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false; // what a fatal decoder throws
    throw error;
  }
}
