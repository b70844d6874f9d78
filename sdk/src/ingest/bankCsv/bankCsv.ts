import { type BankAccount, bankSegments } from "../bank/bankSegments.ts";
import { noneOf } from "../claimFiles.ts";
import type { ArchiveEntry, Connector, ConnectorOpenOptions, InspectedInput, RawItem } from "../connector.ts";
import { createExportReader } from "../exportReader.ts";
import { leftOut } from "../leftOut.ts";
import { decodeUndeclared } from "../text/decodeUndeclared.ts";
import { readCsvRows } from "../text/readCsvRows.ts";
import { type BankTable, findMappedTable, findTable } from "./findTable.ts";
import type { WrittenMapping } from "./parseMapping.ts";
import { createRowReader, createStyleFinder } from "./readRow.ts";

/** A bank's file has fewer; ten million columns are somebody's joke. */
const maxColumns = 1_000;
const fewFiles = 16;

/**
 * A bank's own CSV. The columns are known by their names in eight languages, or by the bank; days, decimal sign, delimiter and charset are
 * read from the file. Rows with neither an amount nor an id of their own are skipped and said; a day that could be two is read as the bank does, day
 * first beside a currency of the rest of the world or between dashes, or month first, and said. Payees are other people: their names, accounts and the purpose are marked as such; columns
 * that are not known go to the owner's own segment.
 */
export const bankCsv: Connector = { id: "bank-csv", segments: bankSegments, detect, open };

/** The same for a bank that is not known, by a person's own mapping ({@link parseBankCsvMapping}). */
export function createBankCsv(mapping: WrittenMapping): Connector {
  return {
    ...bankCsv,
    detect: (input) => detect(input, mapping),
    open: (input, options) => open(input, options, mapping),
  };
}

async function detect(input: InspectedInput, mapping?: WrittenMapping): Promise<number> {
  const entries = input.entries();
  let best = 0;
  for (const { path } of candidates(entries).slice(0, 6)) {
    const table = await tableOf(await input.head(path), mapping);
    if (table !== undefined) best = Math.max(best, table.isSure ? 0.7 : 0.6);
  }
  return candidates(entries).length * 2 >= entries.length ? best : Math.min(best, 0.4);
}

async function* open(
  input: InspectedInput,
  options: ConnectorOpenOptions,
  mapping?: WrittenMapping,
): AsyncGenerator<RawItem> {
  const tables: { readonly entry: ArchiveEntry; readonly table: BankTable }[] = [];
  for (const entry of candidates(input.entries())) {
    const table = await tableOf(await input.head(entry.path), mapping);
    if (table !== undefined) tables.push({ entry, table });
  }
  if (tables.length === 0) {
    throw noneOf(mapping === undefined ? "a bank's CSV" : "a CSV that the mapping fits", input);
  }
  const count = createExportReader(
    input,
    options,
    tables.map(({ entry }) => entry),
  );
  for (const { entry, table } of tables) {
    // Two passes: the row that tells the order of days may be the last.
    const style = createStyleFinder(table);
    const quiet = createExportReader(input, { ...options, onProgress: undefined }, [entry]);
    for await (const { cells } of rowsOf(quiet(entry), entry, table, options)) style.saw(cells);
    yield* readTable(count(entry), { entry, table, options, style: style.style() });
  }
}

async function* readTable(
  chunks: AsyncIterable<Uint8Array>,
  {
    entry,
    table,
    options,
    style,
  }: {
    readonly entry: ArchiveEntry;
    readonly table: BankTable;
    readonly options: ConnectorOpenOptions;
    readonly style: ReturnType<ReturnType<typeof createStyleFinder>["style"]>;
  },
): AsyncGenerator<RawItem> {
  const file = entry.path;
  const reader = createRowReader(table, style);
  for await (const { cells, line: position } of rowsOf(chunks, entry, table, options)) {
    const found = reader.read(cells);
    if (found === undefined) {
      const fields = { row: cells };
      yield leftOut("transactions", file, "is no transaction: it has no amount", { position, fields });
      continue;
    }
    const account: BankAccount | undefined = found.account;
    if (account !== undefined) yield { segment: "accounts", value: account, file, position };
    yield { segment: "transactions", value: found.transaction, file, position };
  }
}

async function* rowsOf(
  chunks: AsyncIterable<Uint8Array>,
  entry: ArchiveEntry,
  table: BankTable,
  { limits }: ConnectorOpenOptions,
): AsyncGenerator<{ readonly cells: readonly string[]; readonly line: number }> {
  let number = 0;
  const csv = { file: entry.path, delimiter: table.delimiter, maxRowLength: limits.maxRecordBytes, maxColumns };
  for await (const row of readCsvRows(decodeUndeclared(chunks), csv)) {
    number += 1;
    if (number > table.skip) yield row;
  }
}

async function tableOf(head: Uint8Array, mapping: WrittenMapping | undefined): Promise<BankTable | undefined> {
  let text = "";
  async function* once(): AsyncGenerator<Uint8Array> {
    yield head;
  }
  for await (const piece of decodeUndeclared(once())) text += piece;
  if (text.includes("\0")) return undefined;
  return mapping === undefined ? findTable(text) : findMappedTable(text, mapping);
}

function candidates(entries: readonly ArchiveEntry[]): readonly ArchiveEntry[] {
  const named = entries.filter(({ path }) => /\.(?:csv|tsv|tab|txt)$/i.test(path));
  return named.length > 0 || entries.length > fewFiles ? named : entries;
}
