import { parseUtcTime } from "../parseUtcTime.ts";
import { field, type RawObject } from "../rawFields.ts";

/** What the two histories say in different words. */
export type Listen = {
  /** As the source writes it; null when it does not. */
  readonly time: string | null;
  readonly ended: Date | null;
  /** How exact the time is. */
  readonly resolutionMs: number;
  readonly durationMs: number | null;
  readonly kind: "track" | "episode" | "audiobook" | null;
  readonly title: string | null;
  readonly artist: string | null;
  readonly album: string | null;
  readonly uri: string | null;
  /** What makes it this listen, the same in both histories: the minute, what was heard, how long. */
  readonly parts: readonly (string | null)[];
};

type Names = {
  readonly kind: "track" | "episode" | "audiobook";
  readonly title: string;
  readonly artist?: string;
  readonly album?: string;
  readonly uri?: string;
};

/** In the order in which they are looked for: a row has null for what it is not. */
const forms: Readonly<Record<"basic" | "extended", readonly Names[]>> = {
  basic: [
    { kind: "track", title: "trackName", artist: "artistName" },
    { kind: "episode", title: "episodeName", album: "podcastName" },
    { kind: "audiobook", title: "chapterName", album: "audiobookName", artist: "authorName" },
  ],
  extended: [
    {
      kind: "track",
      title: "master_metadata_track_name",
      artist: "master_metadata_album_artist_name",
      album: "master_metadata_album_album_name",
      uri: "spotify_track_uri",
    },
    { kind: "episode", title: "episode_name", album: "episode_show_name", uri: "spotify_episode_uri" },
    {
      kind: "audiobook",
      title: "audiobook_chapter_title",
      album: "audiobook_title",
      uri: "audiobook_chapter_uri",
    },
  ],
};

/** Fields that a {@link Listen} holds; `audiobook_uri` is another one's. */
export const listenFields: readonly string[] = [
  "endTime",
  "ts",
  "msPlayed",
  "ms_played",
  ...Object.values(forms)
    .flat()
    .flatMap(({ title, artist, album, uri }) => [title, artist, album, uri].filter((name) => name !== undefined)),
];

export function listenOf(source: RawObject, form: "basic" | "extended"): Listen {
  const text = (name: string | undefined): string | null => {
    const value = name === undefined ? undefined : field(source, name);
    return typeof value === "string" && value !== "" ? value.toWellFormed() : null;
  };
  const names = forms[form].find(({ title, album, uri }) => text(uri) ?? text(title) ?? text(album));
  const time = text(form === "basic" ? "endTime" : "ts");
  const played = field(source, form === "basic" ? "msPlayed" : "ms_played");
  const durationMs = typeof played === "number" && Number.isSafeInteger(played) ? played : null;
  const ended = time === null ? null : parseUtcTime(time);
  const title = text(names?.title);
  const artist = text(names?.artist);
  const album = text(names?.album);
  const minute = ended === null ? time : ended.toISOString().slice(0, 16);
  return {
    time,
    ended,
    resolutionMs: form === "basic" ? 60_000 : 1_000,
    durationMs,
    kind: names?.kind ?? null,
    title,
    artist,
    album,
    uri: text(names?.uri),
    // The basic history has no albums of tracks.
    parts: [
      "listen",
      minute,
      title,
      names?.kind === "track" ? artist : album,
      durationMs === null ? null : String(durationMs),
    ],
  };
}
