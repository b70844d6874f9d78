import type { RecordSchema } from "./recordSchema.ts";

/** A search by the owner. */
export const searchSchema: RecordSchema = {
  id: "persona:search@1",
  table: "searches",
  key: "id",
  time: "searched",
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "Made of what never changes between exports." },
    {
      name: "searched",
      type: "TIMESTAMP",
      nullable: true,
      description: "UTC; null when the export's time cannot be read.",
    },
    {
      name: "local_time",
      type: "VARCHAR",
      nullable: true,
      description: "The time as the export wrote it, where that names no exact zone.",
    },
    {
      name: "query",
      type: "VARCHAR",
      nullable: true,
      description: "What was searched for, without the export's verb where that is known.",
    },
    {
      name: "url",
      type: "VARCHAR",
      nullable: true,
      description: "Address of the results. Untrusted: never open it unasked.",
    },
    { name: "product", type: "VARCHAR", nullable: true, description: "Service that was searched, as exported." },
    { name: "is_ad", type: "BOOLEAN", nullable: false, description: "It came of an advertisement." },
  ],
};
