import type { RecordSchema } from "./recordSchema.ts";

/** Where the owner's device was: Open mHealth geoposition, WGS 84. */
export const locationPointSchema: RecordSchema = {
  id: "persona:location-point@1",
  table: "points",
  key: "id",
  time: "time",
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "Made of what never changes between exports." },
    { name: "time", type: "TIMESTAMP", nullable: false, description: "effective_time_frame.date_time, UTC." },
    {
      name: "local_time",
      type: "VARCHAR",
      nullable: true,
      description: "The time as the export wrote it, where that names no exact zone.",
    },
    { name: "latitude", type: "DOUBLE", nullable: false, description: "Degrees north." },
    { name: "longitude", type: "DOUBLE", nullable: false, description: "Degrees east." },
    { name: "accuracy_m", type: "DOUBLE", nullable: true, description: "Radius of uncertainty, metres." },
    { name: "altitude_m", type: "DOUBLE", nullable: true, description: "Metres above sea level." },
    { name: "vertical_accuracy_m", type: "DOUBLE", nullable: true, description: "Uncertainty of altitude, metres." },
    { name: "speed_mps", type: "DOUBLE", nullable: true, description: "Metres a second." },
    { name: "heading_deg", type: "DOUBLE", nullable: true, description: "Degrees from north." },
    {
      name: "source",
      type: "VARCHAR",
      nullable: true,
      description: "WIFI, GPS, CELL …; path, start or end for points of a journey.",
    },
    {
      name: "activity",
      type: "VARCHAR",
      nullable: true,
      description: "How the owner moved, as the service guessed it: WALKING, IN_VEHICLE …",
    },
    { name: "device", type: "VARCHAR", nullable: true, description: "The service's number of the device." },
  ],
};
