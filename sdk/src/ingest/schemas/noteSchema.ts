import type { RecordSchema } from "./recordSchema.ts";

/** A long text by the owner that the service keeps apart from posts: ActivityStreams 2.0 `Article`. */
export const noteSchema: RecordSchema = {
  id: "persona:note@1",
  table: "notes",
  key: "id",
  time: "published",
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "The service's own id, digits kept as text." },
    { name: "published", type: "TIMESTAMP", nullable: true, description: "AS2 published, UTC." },
    { name: "updated", type: "TIMESTAMP", nullable: true, description: "AS2 updated, UTC." },
    { name: "content", type: "VARCHAR", nullable: false, description: "AS2 content as plain text, whole." },
  ],
};
