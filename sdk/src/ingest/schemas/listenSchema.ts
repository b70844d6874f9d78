import type { RecordSchema } from "./recordSchema.ts";

/** A stretch of listening by the owner: ActivityStreams 2.0 `Listen`. */
export const listenSchema: RecordSchema = {
  id: "persona:listen@1",
  table: "listens",
  key: "id",
  time: "ended",
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "Made of time, what was heard and for how long." },
    {
      name: "ended",
      type: "TIMESTAMP",
      nullable: true,
      description: "AS2 endTime, UTC: when it stopped; to the minute in some exports. Null when it cannot be read.",
    },
    {
      name: "duration_ms",
      type: "BIGINT",
      nullable: true,
      description: "AS2 duration: how long it played, in milliseconds; 0 when it was passed over.",
    },
    {
      name: "kind",
      type: "VARCHAR",
      nullable: true,
      description: "track, episode or audiobook; null when the export does not say.",
    },
    { name: "title", type: "VARCHAR", nullable: true, description: "AS2 object.name: track, episode or chapter." },
    { name: "artist", type: "VARCHAR", nullable: true, description: "Artist of a track." },
    {
      name: "album",
      type: "VARCHAR",
      nullable: true,
      description: "Album of a track, show of an episode, title of an audiobook.",
    },
    { name: "uri", type: "VARCHAR", nullable: true, description: "The service's own id of what was heard." },
    {
      name: "platform",
      type: "VARCHAR",
      nullable: true,
      description: "Device and its system, as the service names them.",
    },
    {
      name: "country",
      type: "VARCHAR",
      nullable: true,
      description: "Country it was heard in, ISO 3166 code as exported.",
    },
    { name: "reason_start", type: "VARCHAR", nullable: true, description: "Why it began, in the service's words." },
    { name: "reason_end", type: "VARCHAR", nullable: true, description: "Why it stopped, in the service's words." },
    { name: "is_shuffled", type: "BOOLEAN", nullable: true, description: "Played in random order." },
    { name: "is_skipped", type: "BOOLEAN", nullable: true, description: "The owner went on to the next." },
    { name: "is_offline", type: "BOOLEAN", nullable: true, description: "Played without a network." },
    { name: "is_private", type: "BOOLEAN", nullable: true, description: "Played in a private session." },
  ],
};
