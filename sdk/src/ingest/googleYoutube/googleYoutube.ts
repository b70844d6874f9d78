import { PersonaError } from "../../errors/index.ts";
import { bridge } from "../bridge.ts";
import { createOccurrences } from "../chats/occurrences.ts";
import type {
  ArchiveEntry,
  ArchiveInput,
  Connector,
  ConnectorOpenOptions,
  InspectedInput,
  RawItem,
} from "../connector.ts";
import { createExportReader, type ExportReader } from "../exportReader.ts";
import { createFileGuard } from "../fileGuard.ts";
import { isObject, jsonHead } from "../jsonFiles.ts";
import { leftOut } from "../leftOut.ts";
import type { RawObject } from "../rawFields.ts";
import { followSchema, searchSchema, watchSchema } from "../schemas/index.ts";
import { readHtmlEntries } from "../takeout/htmlCells.ts";
import { decodeText, exactJsonText, readJsonValues } from "../text/index.ts";
import { htmlActivity } from "./htmlActivity.ts";
import { readSubscriptions, subscriptionsName, toSubscription } from "./subscriptions.ts";
import { type FileKind, ofPlaylistItem, type RawActivity, segmentOf, toSearch, toWatch } from "./youtubeActivity.ts";

/**
 * YouTube's history out of Google Takeout ("YouTube and YouTube Music", "My Activity"): watch and search history, as JSON or as
 * HTML, in the form since 2018 and in the playlist form before; and the table of subscriptions.
 *
 * HTML shows times in the owner's zone by a name: names that mean one thing are read, others are said and read in the import's
 * zone. Channels are publishers, not correspondents: they stay. Videos, playlists and comments are not read.
 */
export const googleYoutube: Connector = {
  id: "google-youtube",
  segments: [
    { name: "watches", schema: watchSchema, toRecord: bridge(toWatch) },
    { name: "searches", schema: searchSchema, toRecord: bridge(toSearch) },
    { name: "subscriptions", schema: followSchema, toRecord: bridge(toSubscription) },
  ],
  async detect(input) {
    let most = 0;
    if (input.entries().some(({ path }) => subscriptionsName.test(path) && /youtube/i.test(path))) most = 0.3;
    for (const entry of candidates(input).slice(0, 20)) {
      const { sureness } = await look(input, entry);
      most = Math.max(most, sureness);
    }
    return most;
  },
  open,
};

/** Names of the two files; translated in some languages. */
const watchNames =
  /(?:^|\/)(?:watch[-_ ]history|wiedergabeverlauf|historial de reproducciones|cronologia visualizzazioni|historique des vidéos regardées)[^/]*\.(?:json|html)$/i;
const searchNames =
  /(?:^|\/)(?:search[-_ ]history|suchverlauf|historial de búsqueda|cronologia ricerche|historique des recherches)[^/]*\.(?:json|html)$/i;

function candidates(input: ArchiveInput): readonly ArchiveEntry[] {
  const entries = input.entries().filter(({ path }) => !subscriptionsName.test(path));
  if (entries.length === 1) return entries;
  return entries.filter(
    ({ path }) =>
      /\.(?:json|html)$/i.test(path) &&
      (watchNames.test(path) ||
        searchNames.test(path) ||
        /youtube[^/]*\/(?:[^/]+\/){0,2}[^/]+$|(?:^|\/)My ?Activity\.(?:json|html)$/i.test(path)),
  );
}

type Look = { readonly sureness: number; readonly kind: FileKind; readonly isHtml: boolean };

async function look(input: InspectedInput, entry: ArchiveEntry): Promise<Look> {
  const { path } = entry;
  const head = await jsonHead(input, entry);
  const kind = watchNames.test(path) ? "watches" : searchNames.test(path) ? "searches" : "mixed";
  const isNamed = kind !== "mixed";
  const isHtml = head.startsWith("<");
  if (isHtml) {
    const isActivity = head.includes("mdl-grid") || head.includes("outer-cell");
    // Google's styles fill the head of a real file: its name must say what it is, or its first entry.
    if (isActivity && /<p class="mdl-typography--title">YouTube/.test(head)) return { sureness: 1, kind, isHtml };
    const isGoogle =
      isActivity || /<title>My Activity History<\/title>|mdl-typography|material-design-lite/i.test(head);
    if (isGoogle && (isNamed || /youtube/i.test(path))) return { sureness: 0.95, kind, isHtml };
    return { sureness: isNamed ? 0.3 : 0, kind, isHtml };
  }
  if (/^\[\s*\{/.test(head)) {
    if (/"header"\s*:\s*"YouTube/.test(head) && /"(?:title|time)"\s*:/.test(head)) return { sureness: 1, kind, isHtml };
    if (/"kind"\s*:\s*"youtube#playlistItem"/.test(head) && isNamed) return { sureness: 1, kind, isHtml };
    const isVideo = /"titleUrl"\s*:\s*"https:\/\/(?:www|music|m)\.youtube\.com\//.test(head);
    if (isVideo && /"time"\s*:/.test(head)) return { sureness: 0.95, kind, isHtml };
  }
  return { sureness: isNamed ? 0.3 : 0, kind, isHtml };
}

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem> {
  const found: { readonly entry: ArchiveEntry; readonly look: Look }[] = [];
  for (const entry of candidates(input)) {
    const seen = await look(input, entry);
    if (seen.sureness > 0 || input.entries().length === 1) found.push({ entry, look: seen });
  }
  const tables = input.entries().filter(({ path }) => subscriptionsName.test(path));
  const read = createExportReader(input, options, [...found.map(({ entry }) => entry), ...tables]);
  const guard = createFileGuard();
  for (const { entry, look: seen } of found) yield* guard.pass("watches", entry.path, () => readFile(entry, seen));
  for (const entry of tables)
    yield* guard.pass("subscriptions", entry.path, () => readSubscriptions(entry, read, options));
  yield* guard.told();

  async function* readFile(entry: ArchiveEntry, seen: Look): AsyncGenerator<RawItem> {
    yield* records(entry, seen.kind, seen.isHtml ? readHtml(entry, read, options) : readJson(entry, read, options));
  }
}

type Found = {
  readonly activity: RawObject | undefined;
  readonly shownTime: string | undefined;
  readonly position: number;
};

async function* records(entry: ArchiveEntry, kind: FileKind, found: AsyncIterable<Found>): AsyncGenerator<RawItem> {
  const countOf = createOccurrences();
  const file = entry.path;
  for await (const { activity, shownTime, position } of found) {
    if (activity === undefined) {
      yield leftOut("watches", file, "is no activity");
      continue;
    }
    const segment = segmentOf(activity, kind);
    if (segment === undefined) {
      yield leftOut("watches", file, "an activity that is neither a view nor a search", { position, fields: activity });
      continue;
    }
    const times = countOf(`${exactJsonText(activity)} ${shownTime ?? ""}`);
    const value: RawActivity = { activity, shownTime, times };
    yield { segment, value, file, position };
  }
}

async function* readJson(
  entry: ArchiveEntry,
  read: ExportReader,
  { limits }: ConnectorOpenOptions,
): AsyncGenerator<Found> {
  for await (const { value, position } of readJsonValues(read(entry), [["*"]], { file: entry.path, limits })) {
    const activity = isObject(value) ? (ofPlaylistItem(value) ?? value) : undefined;
    yield { activity, shownTime: undefined, position };
  }
}

async function* readHtml(
  entry: ArchiveEntry,
  read: ExportReader,
  { limits }: ConnectorOpenOptions,
): AsyncGenerator<Found> {
  const file = entry.path;
  let entries = 0;
  for await (const html of readHtmlEntries(decodeText(read(entry)), { file, maxLength: limits.maxRecordBytes })) {
    entries += 1;
    const found = htmlActivity(html);
    yield { activity: found?.activity, shownTime: found?.shownTime, position: html.position };
  }
  if (entries === 0) {
    throw new PersonaError("EXPORT_INVALID", `${file} holds no entry of an activity.`, { data: { file } });
  }
}
