import type { RecordSchema } from "./recordSchema.ts";

/** A reaction of the owner to what another wrote, or to a page: ActivityStreams 2.0 `Like` and its kin, with their time. */
export const reactionSchema: RecordSchema = {
  id: "persona:reaction@1",
  table: "likes",
  key: "id",
  time: "published",
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "Made of what never changes between exports." },
    {
      name: "published",
      type: "TIMESTAMP",
      nullable: true,
      description: "AS2 published, UTC; null when the export has none.",
    },
    {
      name: "kind",
      type: "VARCHAR",
      nullable: false,
      description: "like, love, haha … in small letters; like where the export has one kind alone.",
    },
    {
      name: "object_kind",
      type: "VARCHAR",
      nullable: true,
      description: "post, comment, page … where the export tells.",
    },
    {
      name: "object_author",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 object.attributedTo: whose it is; a page's own name.",
      others: "identity",
    },
    {
      name: "url",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 object.url; may hold the author's name. Untrusted: never open it unasked.",
      others: "content",
    },
  ],
};
