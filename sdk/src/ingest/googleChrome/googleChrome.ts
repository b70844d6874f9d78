import { bridge } from "../bridge.ts";
import { createOccurrences } from "../chats/occurrences.ts";
import { readEach } from "../claimFiles.ts";
import type {
  ArchiveEntry,
  ArchiveInput,
  Bridged,
  Connector,
  ConnectorOpenOptions,
  InspectedInput,
  RawItem,
  Remark,
} from "../connector.ts";
import { createExportReader } from "../exportReader.ts";
import { epochNumber, isObject, jsonHead } from "../jsonFiles.ts";
import { kept, leftOut } from "../leftOut.ts";
import { field, type RawObject, textField, withoutFields } from "../rawFields.ts";
import { pageVisitSchema } from "../schemas/index.ts";
import { stableId } from "../stableId.ts";
import { exactJsonText, readJsonValues } from "../text/index.ts";
import { validInstant } from "../times.ts";

/**
 * Chrome's history out of Google Takeout: `Chrome/History.json`, before 2023 `BrowserHistory.json`. Bookmarks, settings, sessions
 * and the rest of the folder are not read and counted as such. An address may name another person; nothing can tell.
 */
export const googleChrome: Connector = {
  id: "google-chrome",
  segments: [{ name: "browsing", schema: pageVisitSchema, toRecord: bridge(toPageVisit) }],
  async detect(input) {
    let most = 0;
    for (const entry of candidates(input).slice(0, 20)) most = Math.max(most, await surenessOf(input, entry));
    return most;
  },
  open,
};

type RawPageVisit = { readonly visit: RawObject; readonly times: number };

const historyName = /(?:^|\/)(?:Browser)?History[^/]*\.json$/;

function candidates(input: ArchiveInput): readonly ArchiveEntry[] {
  const entries = input.entries();
  if (entries.length === 1) return entries;
  return entries.filter(({ path }) => historyName.test(path) || /(?:^|\/)Chrome\/[^/]+\.json$/.test(path));
}

async function surenessOf(input: InspectedInput, entry: ArchiveEntry): Promise<number> {
  const head = await jsonHead(input, entry);
  const isOurs = /^\{\s*"(?:Browser History|Typed Url|Session)"\s*:/.test(head);
  if (isOurs) return /"Browser History"/.test(head) || historyName.test(entry.path) ? 1 : 0.5;
  if (head.startsWith("{") && /"Browser History"\s*:\s*\[/.test(head)) return 1;
  return /(?:^|\/)Chrome\/(?:Browser)?History\.json$|(?:^|\/)BrowserHistory\.json$/.test(entry.path) ? 0.3 : 0;
}

const places = [
  ["Browser History", "*"],
  ["Typed Url", "*"],
  ["Session", "*"],
] as const;

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem> {
  const { limits } = options;
  const entries: ArchiveEntry[] = [];
  for (const entry of candidates(input)) {
    if (input.entries().length === 1 || (await surenessOf(input, entry)) > 0) entries.push(entry);
  }
  const read = createExportReader(input, options, entries);
  yield* readEach(entries, "browsing", readFile);

  async function* readFile(entry: ArchiveEntry): AsyncGenerator<RawItem> {
    const file = entry.path;
    const countOf = createOccurrences();
    for await (const { place, value, position } of readJsonValues(read(entry), places, { file, limits })) {
      if (place > 0) {
        yield leftOut("browsing", file, place === 1 ? "a typed address" : "a session", {
          position,
          fields: kept(value),
        });
      } else if (!isObject(value)) yield leftOut("browsing", file, "is no visit of a page");
      else {
        const raw: RawPageVisit = { visit: value, times: countOf(keyOf(value)) };
        yield { segment: "browsing", value: raw, file, position };
      }
    }
  }
}

function keyOf(visit: RawObject): string {
  return exactJsonText(["time_usec", "url", "title", "client_id"].map((name) => field(visit, name) ?? null));
}

function toPageVisit({ visit, times }: RawPageVisit, remark: Remark): Bridged {
  const microseconds = epochNumber(field(visit, "time_usec"));
  const visited = microseconds === undefined ? null : validInstant(Math.floor(microseconds / 1000));
  if (visited === null) remark("changed", microseconds === undefined ? "has no time_usec" : "time_usec is no time");
  const url = textField(visit, "url", remark);
  if (url === null) remark("changed", "has no url");
  const record = {
    id: stableId("google-chrome", keyOf(visit), times === 0 ? null : String(times)),
    visited,
    url,
    title: textField(visit, "title", remark),
    transition: textField(visit, "page_transition", remark),
    device: textField(visit, "client_id", remark),
  };
  // Microseconds that a time of milliseconds does not hold stay where they were.
  const isWhole = microseconds !== undefined && microseconds % 1000 === 0 && visited !== null;
  const taken = ["url", "title", "page_transition", "client_id", ...(isWhole ? ["time_usec"] : [])];
  return { record, extra: withoutFields(visit, taken) };
}
