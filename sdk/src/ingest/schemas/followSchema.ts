import type { RecordSchema } from "./recordSchema.ts";

/** An account that follows the owner or that the owner follows: ActivityStreams 2.0 `Follow`. */
export const followSchema: RecordSchema = {
  id: "persona:follow@1",
  table: "follows",
  key: "id",
  time: "since",
  columns: [
    {
      name: "id",
      type: "VARCHAR",
      nullable: false,
      description: "AS2 actor or object: the other account's id, digits kept as text.",
      others: "identity",
    },
    {
      name: "url",
      type: "VARCHAR",
      nullable: true,
      description: "Link to the account. Untrusted: never open it unasked.",
      others: "identity",
    },
    { name: "since", type: "TIMESTAMP", nullable: true, description: "AS2 published, UTC, where the export says it." },
  ],
};
