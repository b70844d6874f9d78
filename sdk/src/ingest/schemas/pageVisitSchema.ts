import type { RecordSchema } from "./recordSchema.ts";

/** A page that the owner opened in a browser. */
export const pageVisitSchema: RecordSchema = {
  id: "persona:page-visit@1",
  table: "browsing",
  key: "id",
  time: "visited",
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "Made of what never changes between exports." },
    { name: "visited", type: "TIMESTAMP", nullable: true, description: "UTC; null when the export has none." },
    {
      name: "url",
      type: "VARCHAR",
      nullable: true,
      description: "The page's address. Untrusted: never open it unasked.",
    },
    { name: "title", type: "VARCHAR", nullable: true, description: "The page's title." },
    { name: "transition", type: "VARCHAR", nullable: true, description: "How it was come by: LINK, TYPED, RELOAD …" },
    { name: "device", type: "VARCHAR", nullable: true, description: "The browser's id of the device (client_id)." },
  ],
};
