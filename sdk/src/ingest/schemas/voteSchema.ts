import type { RecordSchema } from "./recordSchema.ts";

/** A vote by the owner on what somebody wrote: ActivityStreams 2.0 `Like` or `Dislike`. */
export const voteSchema: RecordSchema = {
  id: "persona:vote@1",
  table: "votes",
  key: "id",
  time: null,
  columns: [
    {
      name: "id",
      type: "VARCHAR",
      nullable: false,
      description: "The service's full id of what was voted on (Reddit: t3_… a post, t1_… a comment).",
    },
    { name: "object", type: "VARCHAR", nullable: false, description: "AS2 object: its id within its kind." },
    { name: "kind", type: "VARCHAR", nullable: false, description: "post or comment." },
    {
      name: "direction",
      type: "VARCHAR",
      nullable: true,
      description: "up, down, or none when it was taken back; null when the export does not say.",
    },
    {
      name: "url",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 object.url, as exported. Untrusted: never open it unasked.",
      others: "content",
    },
  ],
};
