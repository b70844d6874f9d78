import type { RecordSchema } from "./recordSchema.ts";

/** A comment: ActivityStreams 2.0 `Note` in reply to something. Where an export has what others wrote too, `is_own` tells them apart. */
export const commentSchema: RecordSchema = {
  id: "persona:comment@1",
  table: "comments",
  key: "id",
  time: "published",
  columns: [
    {
      name: "id",
      type: "VARCHAR",
      nullable: false,
      description: "The service's own id of the comment, or one made of what does not change.",
    },
    {
      name: "published",
      type: "TIMESTAMP",
      nullable: true,
      description: "AS2 published, UTC; null when the export's date cannot be read.",
    },
    { name: "edited", type: "TIMESTAMP", nullable: true, description: "AS2 updated, UTC: when it was last changed." },
    {
      name: "author",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 attributedTo: who wrote it, as the service names them; null when the export does not say.",
      others: "identity",
      unless: "is_own",
    },
    { name: "is_own", type: "BOOLEAN", nullable: false, description: "The owner of the export wrote it." },
    {
      name: "content",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 content as it was written.",
      others: "content",
      unless: "is_own",
    },
    {
      name: "in_reply_to",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 inReplyTo: id of the comment or post it answers.",
    },
    {
      name: "context",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 context: id of the post, issue or page that the discussion hangs on.",
    },
    {
      name: "community",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 audience: community, repository or group it was written in.",
    },
    {
      name: "url",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 url, as exported. Untrusted: never open it unasked.",
    },
  ],
};
