import type { RecordSchema } from "./recordSchema.ts";

/** A like by the owner: ActivityStreams 2.0 `Like`. The liked text is another person's. */
export const likeSchema: RecordSchema = {
  id: "persona:like@1",
  table: "likes",
  key: "id",
  time: null,
  columns: [
    {
      name: "id",
      type: "VARCHAR",
      nullable: false,
      description: "The service's id of the liked post, digits kept as text.",
    },
    {
      name: "content",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 object.content as plain text; null when the export leaves it out.",
      others: "content",
    },
    {
      name: "url",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 object.url, as exported. Untrusted: never open it unasked.",
    },
  ],
};
