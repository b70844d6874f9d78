import type { RecordSchema } from "./recordSchema.ts";

/** Who stands behind the pseudonyms of an import: for its owner, in a segment of its own. */
export const personSchema: RecordSchema = {
  id: "persona:person@1",
  table: "people",
  key: "pseudonym",
  time: null,
  columns: [
    { name: "pseudonym", type: "VARCHAR", nullable: false, description: "As it stands in the other segments." },
    {
      name: "identity",
      type: "VARCHAR",
      nullable: false,
      description: "Name, handle, address or id, as the source first wrote it.",
      others: "identity",
    },
  ],
};
