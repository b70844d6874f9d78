import type { ArchiveInput, Connector, ConnectorOpenOptions, InspectedInput, RawItem } from "../connector.ts";
import { headRows, isHeaderOf } from "../csvExport/csvKind.ts";
import { type CsvFile, findCsvFiles } from "../csvExport/findCsvFiles.ts";
import { readCsvFiles } from "../csvExport/readCsvFiles.ts";
import { createFileGuard } from "../fileGuard.ts";
import { createDateOrder, type DateOrder } from "./dateOrder.ts";
import { dateOf, type NetflixKind, netflixKinds, netflixSegments, type RawView } from "./netflixSegments.ts";

/**
 * Netflix: `ViewingActivity.csv` of the data request (Account, "Download your personal information"), with profiles and times, and
 * `NetflixViewingHistory.csv` of a profile's page, with titles and days in the order its language writes them. Profiles are people of
 * the household, often children: their names are marked as other people's.
 */
export const netflix: Connector = { id: "netflix", segments: netflixSegments, detect, open };

async function detect(input: InspectedInput): Promise<number> {
  const found = await findCsvFiles(input, netflixKinds);
  let best = found.some(({ isSure }) => !isSure) ? 0.3 : 0;
  for (const { entry, kind, isSure } of found) {
    if (!isSure) continue;
    if (kind === "activity" || /NetflixViewingHistory/i.test(entry.path)) return 0.9;
    // Two columns "Title" and "Date" are anybody's; it is Netflix's only when there is nothing but titles and such days.
    const rows = await headRows(await input.head(entry.path));
    const isPlain = rows
      .slice(1, -1)
      .every((cells) => cells.length === 2 && /^\d{1,4}([/.-])\d{1,2}\1\d{1,4}$/.test(cells[1] ?? ""));
    best = Math.max(best, rows[0]?.length === 2 && isPlain ? 0.4 : 0.02);
  }
  return best;
}

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem> {
  const files = await findCsvFiles(input, netflixKinds);
  const orders = new Map<string, DateOrder>();
  for (const file of files.filter(({ kind }) => kind === "history")) {
    const isEnglish = (await headRows(await input.head(file.entry.path))).some((cells) => isHeaderOf(english, cells));
    orders.set(file.entry.path, await readDateOrder(input, file, { ...options, isEnglish }));
  }
  const guard = createFileGuard();
  for await (const row of readCsvFiles(input, files, netflixKinds, options, guard)) {
    const value: RawView = { row, order: orders.get(row.file) };
    yield { segment: "views", value, file: row.file, position: row.line };
  }
  yield* guard.told();
}

const english = { ...netflixKinds.history, headers: [["Title", "Date"]] };

/** The order of day and month is the same in a whole file: all of its dates together tell it. */
async function readDateOrder(
  input: ArchiveInput,
  file: CsvFile<NetflixKind>,
  { isEnglish, ...options }: ConnectorOpenOptions & { readonly isEnglish: boolean },
): Promise<DateOrder> {
  const order = createDateOrder();
  for await (const row of readCsvFiles(input, [file], netflixKinds, { ...options, onProgress: undefined }))
    order.add(dateOf(row) ?? "");
  return order.decide(isEnglish);
}
