import type { RecordSchema } from "./recordSchema.ts";

/** A repository of code: ForgeFed `Repository`. */
export const repositorySchema: RecordSchema = {
  id: "persona:repository@1",
  table: "repositories",
  key: "id",
  time: "published",
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "The service's own id: its address." },
    { name: "name", type: "VARCHAR", nullable: true, description: "AS2 name, without its owner's." },
    {
      name: "account",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 attributedTo: person or organization it belongs to.",
      others: "identity",
      unless: "is_own",
    },
    { name: "is_own", type: "BOOLEAN", nullable: false, description: "It belongs to the owner of the export." },
    {
      name: "description",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 summary.",
      others: "content",
      unless: "is_own",
    },
    {
      name: "website",
      type: "VARCHAR",
      nullable: true,
      description: "Address it names as its home. Untrusted: never open it unasked.",
    },
    {
      name: "is_private",
      type: "BOOLEAN",
      nullable: true,
      description: "Not open to everybody; null when the export does not say.",
    },
    {
      name: "is_fork",
      type: "BOOLEAN",
      nullable: true,
      description: "Made from another repository; null when the export does not say.",
    },
    { name: "default_branch", type: "VARCHAR", nullable: true, description: "Name of its main line." },
    { name: "published", type: "TIMESTAMP", nullable: true, description: "AS2 published, UTC: when it was made." },
  ],
};
