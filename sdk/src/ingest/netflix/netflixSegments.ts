import type { Bridged, RawRecord, Remark, SegmentDefinition } from "../connector.ts";
import { otherCells, textOf, utcTimeOf } from "../csvExport/cells.ts";
import type { CsvKind } from "../csvExport/csvKind.ts";
import type { KnownRow } from "../csvExport/readCsvFiles.ts";
import { occurrenceId } from "../occurrences.ts";
import { viewSchema } from "../schemas/index.ts";
import { skipped } from "../skipped.ts";
import { stableId } from "../stableId.ts";
import { cellOf } from "../text/readCsvTable.ts";
import { type DateOrder, dayIn } from "./dateOrder.ts";

/** The header of a profile's list is in the language of its page. */
const historyHeaders = [
  ["Title", "Date"],
  ["Titel", "Datum"],
  ["Titel", "Dato"],
  ["Tittel", "Dato"],
  ["Titre", "Date"],
  ["Título", "Fecha"],
  ["Título", "Data"],
  ["Titolo", "Data"],
] as const;

export const netflixKinds = {
  activity: {
    name: /^ViewingActivity\.csv$/i,
    headers: [["Profile Name", "Start Time", "Duration", "Title"]],
    segment: "views",
  },
  history: {
    name: /^NetflixViewingHistory[\w() -]{0,20}\.csv$/i,
    headers: historyHeaders,
    isCounted: true,
    segment: "views",
  },
} as const satisfies Record<string, CsvKind>;

export type NetflixKind = keyof typeof netflixKinds;

export type RawView = {
  readonly row: KnownRow<NetflixKind>;
  /** Of a list of days. */
  readonly order: DateOrder | undefined;
};

export const netflixSegments: readonly SegmentDefinition[] = [{ name: "views", schema: viewSchema, toRecord: toView }];

const activityFields = ["Profile Name", "Start Time", "Duration", "Title", "Bookmark", "Device Type", "Country"];

export function dateOf({ fields }: KnownRow<NetflixKind>): string | null {
  return cellOf(fields, ...historyHeaders.map(([, date]) => date));
}

function toView(raw: RawRecord, remark: Remark): Bridged | undefined {
  const value = raw.value as RawView;
  return value.row.kind === "activity" ? toActivity(value, remark) : toHistory(value, remark);
}

function toActivity({ row: { fields } }: RawView, remark: Remark): Bridged | undefined {
  // Trailers, hooks and previews that played by themselves.
  if (cellOf(fields, "Supplemental Video Type") !== null) return skipped(remark, "is a trailer or preview, not a view");
  const started = utcTimeOf(fields, "Start Time", remark);
  const record = {
    id: stableId("netflix view", ...activityFields.map((name) => cellOf(fields, name))),
    started,
    precision: started === null ? null : "second",
    local_time: null,
    profile: cellOf(fields, "Profile Name"),
    title: textOf(fields, "Title"),
    duration_seconds: secondsOf(cellOf(fields, "Duration"), remark),
    position_seconds: secondsOf(cellOf(fields, "Bookmark"), remark),
    device: cellOf(fields, "Device Type"),
    country: cellOf(fields, "Country"),
    url: null,
  };
  return { record, extra: otherCells(fields, activityFields) };
}

function toHistory({ row, order }: RawView, remark: Remark): Bridged {
  const { fields, occurrence } = row;
  const date = dateOf(row);
  const title = historyHeaders.map(([name]) => textOf(fields, name)).find((text) => text !== null) ?? null;
  const day = date === null || order === undefined ? null : dayIn(date, order.order);
  if (day === null) remark("changed", "its date cannot be read");
  else if (order?.isCertain === false) remark("changed", "its date does not tell day from month");
  const record = {
    id: occurrenceId(["netflix day", day ?? date, title], occurrence),
    started: day === null ? null : new Date(`${day}T00:00:00Z`),
    precision: day === null ? null : "day",
    local_time: date,
    profile: null,
    title,
    duration_seconds: null,
    position_seconds: null,
    device: null,
    country: null,
    url: null,
  };
  return { record, extra: otherCells(fields, historyHeaders.flat()) };
}

/** `26:00:00` is more than a day. */
function secondsOf(text: string | null, remark: Remark): bigint | null {
  const parts = text === null ? null : /^(\d{1,6}):(\d{2}):(\d{2})$/.exec(text);
  if (text !== null && parts === null) remark("changed", "a duration cannot be read");
  return parts === null ? null : BigInt(Number(parts[1]) * 3600 + Number(parts[2]) * 60 + Number(parts[3]));
}
