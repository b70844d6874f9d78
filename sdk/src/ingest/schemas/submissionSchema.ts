import type { RecordSchema } from "./recordSchema.ts";

/** A post by the owner to a community: ActivityStreams 2.0 `Page`, a title with a text or a link. */
export const submissionSchema: RecordSchema = {
  id: "persona:submission@1",
  table: "submissions",
  key: "id",
  time: "published",
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "The service's own id of the post." },
    {
      name: "published",
      type: "TIMESTAMP",
      nullable: true,
      description: "AS2 published, UTC; null when the export's date cannot be read.",
    },
    { name: "title", type: "VARCHAR", nullable: true, description: "AS2 name." },
    {
      name: "content",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 content as the owner wrote it; null for a post that is only a link.",
    },
    {
      name: "link",
      type: "VARCHAR",
      nullable: true,
      description: "What it points to: AS2 attachment.href. Untrusted: never open it unasked.",
    },
    {
      name: "community",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 audience: name of the community it was posted to.",
    },
    {
      name: "url",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 url of the post itself. Untrusted: never open it unasked.",
    },
  ],
};
