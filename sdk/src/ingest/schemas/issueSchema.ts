import type { RecordSchema } from "./recordSchema.ts";

/** An issue or a pull request: ForgeFed `Ticket`. */
export const issueSchema: RecordSchema = {
  id: "persona:issue@1",
  table: "issues",
  key: "id",
  time: "published",
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "The service's own id: its address." },
    { name: "kind", type: "VARCHAR", nullable: false, description: "issue or pull_request." },
    { name: "repository", type: "VARCHAR", nullable: true, description: "AS2 context: id of the repository." },
    { name: "number", type: "BIGINT", nullable: true, description: "Its number there." },
    {
      name: "author",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 attributedTo: who opened it, as the service names them.",
      others: "identity",
      unless: "is_own",
    },
    { name: "is_own", type: "BOOLEAN", nullable: false, description: "The owner of the export opened it." },
    {
      name: "title",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 summary: its title.",
      others: "content",
      unless: "is_own",
    },
    {
      name: "content",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 content as it was written.",
      others: "content",
      unless: "is_own",
    },
    { name: "published", type: "TIMESTAMP", nullable: true, description: "AS2 published, UTC: when it was opened." },
    {
      name: "closed",
      type: "TIMESTAMP",
      nullable: true,
      description: "When it was closed, UTC; null while it is open.",
    },
    { name: "merged", type: "TIMESTAMP", nullable: true, description: "When a pull request was merged, UTC." },
    { name: "labels", type: "JSON", nullable: true, description: "List of its labels' names." },
    {
      name: "assignees",
      type: "JSON",
      nullable: true,
      description: "List of those who shall do it, as the service names them.",
      others: "identity",
    },
  ],
};
