import type { RecordSchema } from "./recordSchema.ts";

/** A video, a track or a post that the owner watched on YouTube: ActivityStreams 2.0 `View` with its channel. */
export const watchSchema: RecordSchema = {
  id: "persona:watch@1",
  table: "watches",
  key: "id",
  time: "watched",
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "Made of what never changes between exports." },
    {
      name: "watched",
      type: "TIMESTAMP",
      nullable: true,
      description: "AS2 published, UTC; null when the export's time cannot be read.",
    },
    {
      name: "local_time",
      type: "VARCHAR",
      nullable: true,
      description: "The time as the export wrote it, where that names no exact zone.",
    },
    {
      name: "kind",
      type: "VARCHAR",
      nullable: false,
      description: "watched, viewed (a post), or other where the export's words are not known.",
    },
    {
      name: "title",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 object.name, without the export's verb where that is known.",
    },
    {
      name: "url",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 object.url; null for what was removed. Untrusted: never open it unasked.",
    },
    {
      name: "channel",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 object.attributedTo.name: who published it.",
    },
    { name: "channel_url", type: "VARCHAR", nullable: true, description: "AS2 object.attributedTo.url." },
    { name: "product", type: "VARCHAR", nullable: true, description: "YouTube, YouTube Music …, as exported." },
    { name: "is_ad", type: "BOOLEAN", nullable: false, description: "It was an advertisement." },
  ],
};
