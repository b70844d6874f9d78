import type { RecordSchema } from "./recordSchema.ts";

/** A person the owner is connected with on a network of professionals: terms of JSContact (RFC 9553). Everything in it is another person's. */
export const connectionSchema: RecordSchema = {
  id: "persona:connection@1",
  table: "connections",
  key: "id",
  time: "connected",
  columns: [
    {
      name: "id",
      type: "VARCHAR",
      nullable: false,
      description: "Made of the profile's address, or of the whole entry where it has none.",
      others: "identity",
    },
    {
      name: "given_name",
      type: "VARCHAR",
      nullable: true,
      description: "JSContact name component given.",
      others: "identity",
    },
    {
      name: "surname",
      type: "VARCHAR",
      nullable: true,
      description: "JSContact name component surname.",
      others: "identity",
    },
    {
      name: "url",
      type: "VARCHAR",
      nullable: true,
      description: "JSContact links: the profile. Untrusted: never open it unasked.",
      others: "identity",
    },
    {
      name: "email",
      type: "VARCHAR",
      nullable: true,
      description: "JSContact emails: the address, where that person lets the owner see it.",
      others: "identity",
    },
    {
      name: "organization",
      type: "VARCHAR",
      nullable: true,
      description: "JSContact organizations: employer at the time of the export.",
      others: "content",
    },
    {
      name: "title",
      type: "VARCHAR",
      nullable: true,
      description: "JSContact titles: position at the time of the export.",
      others: "content",
    },
    {
      name: "connected",
      type: "DATE",
      nullable: true,
      description: "Day of the connection; null when the export's date cannot be read.",
    },
  ],
};
