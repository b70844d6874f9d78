import type { RecordSchema } from "./recordSchema.ts";

/** A measured value of the owner's body or day: an Open mHealth data point (IEEE 1752.1), its header and its body in one row. */
export const sampleSchema: RecordSchema = {
  id: "persona:sample@1",
  table: "samples",
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
      name: "type",
      type: "VARCHAR",
      nullable: true,
      description: "Open mHealth schema name, such as heart-rate; null where it has none for this.",
    },
    {
      name: "source_type",
      type: "VARCHAR",
      nullable: false,
      description: "The source's name of the type, such as HKQuantityTypeIdentifierHeartRate.",
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
    { name: "value", type: "DOUBLE", nullable: true, description: "The measured value; null when it is none." },
    {
      name: "value_text",
      type: "VARCHAR",
      nullable: true,
      description: "A value that is not a number: a category, such as a stage of sleep.",
    },
    { name: "unit", type: "VARCHAR", nullable: true, description: "Unit of value, as the source writes it." },
    {
      name: "source_name",
      type: "VARCHAR",
      nullable: true,
      description: "header.acquisition_provenance.source_name: app or device it comes from, as the owner named it.",
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
      name: "metadata",
      type: "JSON",
      nullable: true,
      description: "What the source says beside it, by the source's names.",
    },
  ],
};
