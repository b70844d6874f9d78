import { createOccurrences } from "../../occurrences.ts";
import { field, objectField, type RawObject } from "../../rawFields.ts";
import { listenOf } from "../../spotify/listenOf.ts";
import { type RawListen, spotifySegments } from "../../spotify/spotifySegments.ts";
import { readCursor, writeCursor } from "../http/cursorText.ts";
import { createJsonClient } from "../http/jsonClient.ts";
import { isObject, listAt, optionalText, readPages, requiredText } from "../http/pages.ts";
import type { HttpSession, LiveCursor, LiveFetchOptions, LiveItem, LiveSource } from "../liveSource.ts";

/**
 * What a Spotify account has played last (developer.spotify.com, "Get Recently Played Tracks"): tracks alone, the last fifty, so that
 * a schedule of an hour loses nothing. The interface says when a track was played and how long the track is, not how long it was
 * heard: a record is that of a track heard to its end, and merges with the history's when it was. Nothing is ever gone from it.
 */
export const spotifyAccount: LiveSource = {
  id: "spotify",
  connector: "spotify",
  segments: spotifySegments,
  hosts: ["api.spotify.com"],
  scopes: ["user-read-recently-played"],
  fetch,
};

type State = { readonly after: number };

const form = 1;
const base = "https://api.spotify.com/v1";

async function* fetch(
  session: HttpSession,
  cursor: LiveCursor | undefined,
  options: LiveFetchOptions,
): AsyncGenerator<LiveItem> {
  const client = createJsonClient({ session, hosts: spotifyAccount.hosts, fetch: options });
  const state = readCursor<State>(form, cursor);
  const shape = "/me/player/recently-played";
  const first = `${base}${shape}?limit=50${state?.after === undefined ? "" : `&after=${state.after}`}`;
  const occurrenceOf = createOccurrences();
  let latest = state?.after ?? 0;
  const plays: RawObject[] = [];
  for await (const page of readPages(client, first, { shape, next: nextOf, limits: options.limits })) {
    plays.push(...listAt(page, shape, "items"));
  }
  // Oldest first, as the history is.
  const sorted = plays
    .map((play) => ({ play, at: Date.parse(requiredText(play, "played_at", shape)) }))
    .sort((a, b) => a.at - b.at);
  for (const { play, at } of sorted) {
    if (at > latest) latest = at;
    const source = asHistory(play);
    const listen = listenOf(source, "extended");
    const raw: RawListen = { listen, source, occurrence: occurrenceOf(listen.parts), isRepeat: false };
    yield { segment: "listens", value: raw, file: "api.spotify.com", position: 0 };
  }
  yield { cursor: writeCursor(form, { after: latest }) };
}

const nextOf = ({ value }: { readonly value: unknown }): string | undefined =>
  (isObject(value) ? optionalText(value, "next") : null) ?? undefined;

/** As the extended history writes it. */
function asHistory(play: RawObject): RawObject {
  const track = objectField(play, "track") ?? {};
  const artists = field(track, "artists");
  const artist = Array.isArray(artists) ? artists.find(isObject) : undefined;
  const album = objectField(track, "album");
  return {
    ts: secondsOf(field(play, "played_at")),
    ms_played: field(track, "duration_ms"),
    master_metadata_track_name: field(track, "name"),
    master_metadata_album_artist_name: artist === undefined ? null : field(artist, "name"),
    master_metadata_album_album_name: album === undefined ? null : field(album, "name"),
    spotify_track_uri: field(track, "uri"),
    ...(objectField(play, "context") === undefined ? {} : { context: field(play, "context") }),
  };
}

/** The history writes whole seconds. */
function secondsOf(time: unknown): unknown {
  return typeof time === "string" ? time.replace(/\.\d{1,9}Z$/, "Z") : time;
}
