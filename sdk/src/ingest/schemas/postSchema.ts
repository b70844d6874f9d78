import type { RecordSchema } from "./recordSchema.ts";

/** A post by the owner: ActivityStreams 2.0 `Note`, with the counts that services show beside it. */
export const postSchema: RecordSchema = {
  id: "persona:post@1",
  table: "posts",
  key: "id",
  time: "published",
  columns: [
    {
      name: "id",
      type: "VARCHAR",
      nullable: false,
      description: "The service's own id of the post, digits kept as text.",
    },
    {
      name: "published",
      type: "TIMESTAMP",
      nullable: true,
      description: "AS2 published, UTC; null when the export's date cannot be read.",
    },
    {
      name: "content",
      type: "VARCHAR",
      nullable: false,
      description: "AS2 content as plain text: entities unescaped, long posts whole.",
      others: "content",
      onlyIf: "is_repost",
    },
    {
      name: "language",
      type: "VARCHAR",
      nullable: true,
      description: "Language tag as the service guessed it (X: und, qme, zxx also occur).",
    },
    {
      name: "in_reply_to",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 inReplyTo: id of the post this one answers.",
    },
    { name: "like_count", type: "BIGINT", nullable: true, description: "Likes at the time of the export." },
    { name: "share_count", type: "BIGINT", nullable: true, description: "Shares (reposts) at the time of the export." },
    {
      name: "is_repost",
      type: "BOOLEAN",
      nullable: false,
      description: "AS2 Announce: the text is another person's; services cut it.",
    },
    {
      name: "source",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 generator: name of the app it was written with.",
    },
  ],
};
