import { listOf } from "./listOf.ts";

const at = (index: number) => new Date(Date.UTC(2024, 0, 1, 0, 4 * index, index % 60)).toISOString();

/** So many rows of Spotify's basic history. */
export function basicHistory(rows: number): string {
  return JSON.stringify(
    listOf(rows, (index) => ({
      endTime: at(index).slice(0, 16).replace("T", " "),
      artistName: "Sigur Rós",
      trackName: `Hoppípolla ${index}`,
      msPlayed: 200_000 + index,
    })),
    null,
    2,
  );
}

/** The same listens as the extended history has them; every fifth is an episode instead. */
export function extendedHistory(rows: number): string {
  return JSON.stringify(
    listOf(rows, (index) => ({
      ts: at(index).replace(".000", ""),
      username: "kari",
      platform: "Android OS 14",
      ms_played: 200_000 + index,
      conn_country: "NO",
      ip_addr_decrypted: "10.0.0.1",
      master_metadata_track_name: index % 5 === 4 ? null : `Hoppípolla ${index}`,
      master_metadata_album_artist_name: index % 5 === 4 ? null : "Sigur Rós",
      master_metadata_album_album_name: index % 5 === 4 ? null : "Takk...",
      spotify_track_uri: index % 5 === 4 ? null : `spotify:track:${index}`,
      episode_name: index % 5 === 4 ? `Tides ${index}` : null,
      episode_show_name: index % 5 === 4 ? "The sea" : null,
      spotify_episode_uri: index % 5 === 4 ? `spotify:episode:${index}` : null,
      reason_start: "trackdone",
      reason_end: "fwdbtn",
      shuffle: false,
      skipped: index % 2 === 0 ? null : true,
      offline: false,
      offline_timestamp: 1704067200,
      incognito_mode: false,
    })),
  );
}
