import type { RecordSchema } from "./recordSchema.ts";

/** A stay of the owner at a place, as the service guessed it: Open mHealth geoposition with a time frame. */
export const visitSchema: RecordSchema = {
  id: "persona:visit@1",
  table: "visits",
  key: "id",
  time: "started",
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "Made of what never changes between exports." },
    { name: "started", type: "TIMESTAMP", nullable: true, description: "effective_time_frame.start_date_time, UTC." },
    { name: "ended", type: "TIMESTAMP", nullable: true, description: "effective_time_frame.end_date_time, UTC." },
    {
      name: "local_time",
      type: "VARCHAR",
      nullable: true,
      description: "The time as the export wrote it, where that names no exact zone.",
    },
    { name: "latitude", type: "DOUBLE", nullable: true, description: "Degrees north." },
    { name: "longitude", type: "DOUBLE", nullable: true, description: "Degrees east." },
    { name: "place_id", type: "VARCHAR", nullable: true, description: "The service's id of the place." },
    { name: "name", type: "VARCHAR", nullable: true, description: "Name of the place; may be a person's." },
    { name: "address", type: "VARCHAR", nullable: true, description: "Address, as exported." },
    { name: "semantic_type", type: "VARCHAR", nullable: true, description: "HOME, WORK …, as the service guessed it." },
    {
      name: "probability",
      type: "DOUBLE",
      nullable: true,
      description: "How sure the service is of the place, 0 to 1.",
    },
    {
      name: "hierarchy_level",
      type: "BIGINT",
      nullable: true,
      description: "0 for a place, 1 and more for a place within it.",
    },
  ],
};
