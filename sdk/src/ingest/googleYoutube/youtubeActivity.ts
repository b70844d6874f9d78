import type { Bridged, Remark } from "../connector.ts";
import { idText, isObject } from "../jsonFiles.ts";
import { field, objectField, type RawObject, textField, withoutFields } from "../rawFields.ts";
import { stableId } from "../stableId.ts";
import { isoInstant } from "../takeout/isoInstant.ts";
import { localDate } from "../takeout/localDate.ts";
import { spoken, type YoutubeVerb } from "./youtubeVerbs.ts";

/** An activity, as JSON has it; one of HTML is brought into the same form, with its date as it is shown. */
export type RawActivity = {
  readonly activity: RawObject;
  /** `time` of JSON is exact, `shownTime` is of HTML. */
  readonly shownTime: string | undefined;
  /** How often the same came before in its file. */
  readonly times: number;
};

export type FileKind = "watches" | "searches" | "mixed";

/** The segment an activity belongs to; undefined when it is neither a view nor a search (a subscription, a like). */
export function segmentOf(activity: RawObject, kind: FileKind): "watches" | "searches" | undefined {
  const titleUrl = field(activity, "titleUrl");
  const url = typeof titleUrl === "string" ? titleUrl : "";
  if (/\/results\?(?:.*&)?(?:search_query|q|sp)=|\/search\?q=/.test(url)) return "searches";
  if (/\/watch\?|\/shorts\/|\/post\/|\/live\/|youtu\.be\/|\/playlist\?|\/community\?/.test(url)) return "watches";
  if (kind !== "mixed") return kind;
  const title = field(activity, "title");
  const { verb } = spoken(typeof title === "string" ? title : "");
  if (verb === undefined) return undefined;
  return verb === "searched" ? "searches" : "watches";
}

const taken = ["header", "title", "titleUrl", "subtitles", "time"];

export function toWatch({ activity, shownTime, times }: RawActivity, remark: Remark, timeZone: string): Bridged {
  const { instant, localTime, timeText } = timeOf(activity, shownTime, remark, timeZone);
  const { verb, object } = titleOf(activity, remark);
  const url = textField(activity, "titleUrl", remark);
  const [channel, ...others] = listOf(activity, "subtitles");
  const record = {
    id: idOf("watch", timeText, url, object, times),
    watched: instant,
    local_time: localTime,
    kind: verb === "watched" || verb === "viewed" ? verb : "other",
    title: object,
    url,
    channel: channel === undefined ? null : textField(channel, "name", remark),
    channel_url: channel === undefined ? null : textField(channel, "url", remark),
    product: textField(activity, "header", remark),
    is_ad: isAd(activity),
  };
  const rest = withoutFields(activity, taken);
  return { record, extra: others.length > 0 ? { ...rest, subtitles: others } : rest };
}

export function toSearch({ activity, shownTime, times }: RawActivity, remark: Remark, timeZone: string): Bridged {
  const { instant, localTime, timeText } = timeOf(activity, shownTime, remark, timeZone);
  const { object } = titleOf(activity, remark);
  const url = textField(activity, "titleUrl", remark);
  const record = {
    id: idOf("search", timeText, url, object, times),
    searched: instant,
    local_time: localTime,
    query: object,
    url,
    product: textField(activity, "header", remark),
    is_ad: isAd(activity),
  };
  return {
    record,
    extra: withoutFields(
      activity,
      taken.filter((name) => name !== "subtitles"),
    ),
  };
}

function idOf(kind: string, time: string | null, url: string | null, object: string | null, times: number): string {
  return stableId("youtube", kind, time, url, object, times === 0 ? null : String(times));
}

function titleOf(
  activity: RawObject,
  remark: Remark,
): { readonly verb: YoutubeVerb | undefined; readonly object: string | null } {
  const title = textField(activity, "title", remark);
  if (title === null) return { verb: undefined, object: null };
  const found = spoken(title);
  if (found.verb === undefined) remark("changed", "its verb is not known: the title is kept whole");
  return found;
}

function timeOf(
  activity: RawObject,
  shownTime: string | undefined,
  remark: Remark,
  timeZone: string,
): { readonly instant: Date | null; readonly localTime: string | null; readonly timeText: string | null } {
  if (shownTime === undefined) {
    const instant = isoInstant(field(activity, "time"));
    if (instant === null) remark("changed", "time is no time");
    return { instant, localTime: null, timeText: instant?.toISOString() ?? null };
  }
  const date = localDate(shownTime, timeZone);
  if (date === undefined || date.instant === null) remark("changed", "its date cannot be read");
  else if (date.zone === "unknown") remark("changed", "its zone's name is not known: read in the import's zone");
  else if (date.zone === "missing") remark("changed", "has no time zone: read in the import's zone");
  return { instant: date?.instant ?? null, localTime: shownTime, timeText: shownTime };
}

function listOf(activity: RawObject, name: string): readonly RawObject[] {
  const list = field(activity, name);
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function isAd(activity: RawObject): boolean {
  return listOf(activity, "details").some((detail) =>
    /Google (?:Ads|Anzeigen|-annonser|Annonces|Annunci)/.test(idText(field(detail, "name")) ?? ""),
  );
}

/** The form of the years before 2018, YouTube's own: an entry of a list of what was played. */
export function ofPlaylistItem(item: RawObject): RawObject | undefined {
  const snippet = objectField(item, "snippet");
  const details = objectField(item, "contentDetails");
  const video = details === undefined ? null : idText(field(details, "videoId"));
  if (snippet === undefined || video === null) return undefined;
  return {
    header: "YouTube",
    title: `Watched ${idText(field(snippet, "title")) ?? ""}`,
    titleUrl: `https://www.youtube.com/watch?v=${video}`,
    time: field(snippet, "publishedAt"),
    playlistItem: item,
  };
}
