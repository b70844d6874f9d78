import type { RecordSchema } from "./recordSchema.ts";

/** A moment of a track: where the owner was (Open mHealth geoposition, WGS 84) and what was measured there. */
export const trackPointSchema: RecordSchema = {
  id: "persona:track-point@1",
  table: "tracks",
  key: "id",
  time: "time",
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "Made of what never changes between exports." },
    { name: "track", type: "VARCHAR", nullable: true, description: "Name of the track, as the source has it." },
    { name: "workout", type: "VARCHAR", nullable: true, description: "Id of the workout it belongs to." },
    {
      name: "kind",
      type: "VARCHAR",
      nullable: false,
      description: "track: was there; route: a planned way; waypoint: a place that was marked.",
    },
    { name: "time", type: "TIMESTAMP", nullable: true, description: "effective_time_frame.date_time, UTC." },
    { name: "latitude", type: "DOUBLE", nullable: true, description: "Degrees north." },
    { name: "longitude", type: "DOUBLE", nullable: true, description: "Degrees east." },
    { name: "elevation_m", type: "DOUBLE", nullable: true, description: "Metres above sea level." },
    { name: "horizontal_accuracy_m", type: "DOUBLE", nullable: true, description: "Radius of uncertainty, metres." },
    { name: "vertical_accuracy_m", type: "DOUBLE", nullable: true, description: "Uncertainty of elevation, metres." },
    { name: "speed_mps", type: "DOUBLE", nullable: true, description: "Metres a second." },
    { name: "course_deg", type: "DOUBLE", nullable: true, description: "Direction of travel, degrees from north." },
    { name: "distance_m", type: "DOUBLE", nullable: true, description: "Metres since the track's start." },
    { name: "heart_rate", type: "DOUBLE", nullable: true, description: "Beats a minute." },
    { name: "cadence", type: "DOUBLE", nullable: true, description: "Steps or turns a minute, as the source counts." },
    { name: "power_w", type: "DOUBLE", nullable: true, description: "Watts." },
    { name: "temperature_c", type: "DOUBLE", nullable: true, description: "Degrees Celsius." },
  ],
};
