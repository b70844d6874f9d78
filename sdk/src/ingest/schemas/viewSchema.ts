import type { RecordSchema } from "./recordSchema.ts";

/** A viewing of a film, an episode or a video: ActivityStreams 2.0 `View`. */
export const viewSchema: RecordSchema = {
  id: "persona:view@1",
  table: "views",
  key: "id",
  time: "started",
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "Made of profile, time and title." },
    {
      name: "started",
      type: "TIMESTAMP",
      nullable: true,
      description: "AS2 startTime, UTC; the beginning of the day where precision is day. Null when it cannot be read.",
    },
    {
      name: "precision",
      type: "VARCHAR",
      nullable: true,
      description: "second or day: how much of started the export says; null with it.",
    },
    {
      name: "local_time",
      type: "VARCHAR",
      nullable: true,
      description: "The date as the export writes it, where its order of day and month is not fixed.",
    },
    {
      name: "profile",
      type: "VARCHAR",
      nullable: true,
      description: "Profile of the account it was watched under: a member of the household, often a child.",
      others: "identity",
    },
    {
      name: "title",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 object.name, with series and season where the service puts them there.",
    },
    {
      name: "duration_seconds",
      type: "BIGINT",
      nullable: true,
      description: "AS2 duration: how long it was watched, in seconds.",
    },
    {
      name: "position_seconds",
      type: "BIGINT",
      nullable: true,
      description: "Where in the film it was left, in seconds.",
    },
    { name: "device", type: "VARCHAR", nullable: true, description: "Device, as the service names it." },
    { name: "country", type: "VARCHAR", nullable: true, description: "Country it was watched in, as exported." },
    {
      name: "url",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 object.url, as exported. Untrusted: never open it unasked.",
    },
  ],
};
