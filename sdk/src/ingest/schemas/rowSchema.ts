import type { RecordSchema } from "./recordSchema.ts";

/** A record of a source that no bridge knows: kept as it is. Whoever it speaks of is unknown. */
export const rowSchema: RecordSchema = {
  id: "persona:row@1",
  table: "records",
  key: "id",
  time: null,
  columns: [
    {
      name: "id",
      type: "VARCHAR",
      nullable: false,
      description: "Made of the record itself, and of how often it came before in the same input.",
    },
    { name: "file", type: "VARCHAR", nullable: false, description: "Path of its file within the input." },
    {
      name: "number",
      type: "BIGINT",
      nullable: false,
      description: "Its place in that file, from 1, without header and empty rows.",
    },
    { name: "row", type: "JSON", nullable: false, description: "The record: its fields by name.", others: "content" },
  ],
};
