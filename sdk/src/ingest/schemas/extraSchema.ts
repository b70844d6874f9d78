import type { RecordSchema } from "./recordSchema.ts";

/** What a source wrote and no standard schema has a column for: kept for its owner, in a segment of its own. */
export const extraSchema: RecordSchema = {
  id: "persona:extra@1",
  table: "extra",
  key: null,
  time: null,
  columns: [
    {
      name: "segment",
      type: "VARCHAR",
      nullable: true,
      description: "Segment of the record that the fields belong to.",
    },
    {
      name: "id",
      type: "VARCHAR",
      nullable: true,
      description: "The record's key in that segment; null for what became no record.",
    },
    {
      name: "fields",
      type: "JSON",
      nullable: false,
      description: "The fields, as the source wrote them.",
      others: "content",
    },
  ],
};
