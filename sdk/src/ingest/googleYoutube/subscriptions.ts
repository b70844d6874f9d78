import type { ArchiveEntry, Bridged, ConnectorOpenOptions, RawItem, Remark } from "../connector.ts";
import type { ExportReader } from "../exportReader.ts";
import { leftOut } from "../leftOut.ts";
import { isoInstant } from "../takeout/isoInstant.ts";
import { decodeText, readCsvTable } from "../text/index.ts";

/** A channel that the owner is subscribed to, of Takeout's table or the interface's list. */
export type RawSubscription = {
  readonly id: string;
  readonly url: string | null;
  readonly title: string | null;
  /** As the service writes it; Takeout's table has none. */
  readonly since?: unknown;
};

/** `subscriptions.csv`, in the folder of whatever language: the header has three columns, in this order. */
export const subscriptionsName =
  /(?:^|\/)(?:subscriptions|abos|abonnements|suscripciones|iscrizioni|inscrições)\/[^/]+\.csv$|(?:^|\/)subscriptions\.csv$/i;

const channelId = /^UC[\w-]{22}$/;

export async function* readSubscriptions(
  entry: ArchiveEntry,
  read: ExportReader,
  { limits }: ConnectorOpenOptions,
): AsyncGenerator<RawItem> {
  const file = entry.path;
  const rows = readCsvTable(decodeText(read(entry)), { file, maxRowLength: limits.maxRecordBytes, maxColumns: 100 });
  for await (const { fields, cells, line } of rows) {
    // Names of columns are translated: their order is not.
    const [id = "", url = "", title = ""] = cells.map((cell) => cell.trim());
    if (!channelId.test(id)) {
      yield leftOut("subscriptions", file, "is no channel", { position: line, fields });
      continue;
    }
    const value: RawSubscription = { id, url: url === "" ? null : url, title: title === "" ? null : title };
    yield { segment: "subscriptions", value, file, position: line };
  }
}

export function toSubscription({ id, url, title, since }: RawSubscription, remark: Remark): Bridged {
  const instant = since === undefined ? null : isoInstant(since);
  if (instant === null && since !== undefined) remark("changed", "publishedAt is no time");
  const record = { id, url: url?.toWellFormed() ?? null, since: instant };
  return { record, extra: title === null ? undefined : { title } };
}
