import type { RecordSchema } from "./recordSchema.ts";

/** One activity of the owner, with its sums: Open mHealth physical-activity. */
export const workoutSchema: RecordSchema = {
  id: "persona:workout@1",
  table: "workouts",
  key: "id",
  time: "start_date_time",
  columns: [
    {
      name: "id",
      type: "VARCHAR",
      nullable: false,
      description: "The source's id, or one made of what never changes.",
    },
    {
      name: "activity_name",
      type: "VARCHAR",
      nullable: true,
      description: "Open mHealth activity_name, such as running: the source's word in lower case.",
    },
    {
      name: "start_date_time",
      type: "TIMESTAMP",
      nullable: true,
      description: "effective_time_frame.time_interval.start_date_time, UTC.",
    },
    {
      name: "end_date_time",
      type: "TIMESTAMP",
      nullable: true,
      description: "effective_time_frame.time_interval.end_date_time, UTC.",
    },
    { name: "duration_s", type: "DOUBLE", nullable: true, description: "Seconds of activity, pauses left out." },
    { name: "distance_m", type: "DOUBLE", nullable: true, description: "Open mHealth distance, metres." },
    { name: "energy_kcal", type: "DOUBLE", nullable: true, description: "Open mHealth kcal_burned, kilocalories." },
    { name: "heart_rate_avg", type: "DOUBLE", nullable: true, description: "Mean heart rate, beats a minute." },
    { name: "heart_rate_max", type: "DOUBLE", nullable: true, description: "Highest heart rate, beats a minute." },
    {
      name: "source_name",
      type: "VARCHAR",
      nullable: true,
      description: "header.acquisition_provenance.source_name: app or device it comes from.",
    },
    { name: "source_version", type: "VARCHAR", nullable: true, description: "Version of that app or device." },
    { name: "device", type: "VARCHAR", nullable: true, description: "The device that measured, as exported." },
    {
      name: "creation_date_time",
      type: "TIMESTAMP",
      nullable: true,
      description: "header.creation_date_time: when it was stored at its source, UTC.",
    },
    {
      name: "details",
      type: "JSON",
      nullable: true,
      description: "Laps, events, statistics and what else the source says of it, by the source's names.",
    },
  ],
};
