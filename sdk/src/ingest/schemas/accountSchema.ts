import type { RecordSchema } from "./recordSchema.ts";

/** The owner's account: ActivityStreams 2.0 `Person` with what only its owner is shown. */
export const accountSchema: RecordSchema = {
  id: "persona:account@1",
  table: "account",
  key: "id",
  time: "created",
  columns: [
    {
      name: "id",
      type: "VARCHAR",
      nullable: false,
      description: "The service's id of the account, digits kept as text.",
    },
    { name: "username", type: "VARCHAR", nullable: true, description: "AS2 preferredUsername, without @." },
    { name: "display_name", type: "VARCHAR", nullable: true, description: "AS2 name." },
    { name: "email", type: "VARCHAR", nullable: true, description: "E-mail address the account is registered with." },
    { name: "phone", type: "VARCHAR", nullable: true, description: "Telephone number the account is registered with." },
    {
      name: "created",
      type: "TIMESTAMP",
      nullable: true,
      description: "AS2 published: when the account was made, UTC.",
    },
    {
      name: "created_via",
      type: "VARCHAR",
      nullable: true,
      description: "How the account was made (X: web, or the app's name).",
    },
    { name: "bio", type: "VARCHAR", nullable: true, description: "AS2 summary: the profile's own text." },
    {
      name: "website",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 url: the profile's link. Untrusted: never open it unasked.",
    },
    { name: "location", type: "VARCHAR", nullable: true, description: "AS2 location.name: free text of the profile." },
  ],
};
