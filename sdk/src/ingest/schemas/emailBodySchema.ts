import type { RecordSchema } from "./recordSchema.ts";

/** The text of a mail: JMAP textBody and htmlBody, their parts joined. */
export const emailBodySchema: RecordSchema = {
  id: "persona:email-body@1",
  table: "bodies",
  key: "id",
  time: "sent_at",
  columns: [
    {
      name: "id",
      type: "VARCHAR",
      nullable: false,
      description: "Id of the mail in headers.",
    },
    {
      name: "sent_at",
      type: "TIMESTAMP",
      nullable: true,
      description: "JMAP sentAt of the mail, UTC.",
    },
    {
      name: "text",
      type: "VARCHAR",
      nullable: true,
      description: "Plain text; null when the mail has none.",
      others: "content",
      unless: "is_own",
    },
    {
      name: "html",
      type: "VARCHAR",
      nullable: true,
      description: "HTML as sent; null when the mail has none. Untrusted: it holds scripts and remote pictures.",
      others: "content",
      unless: "is_own",
    },
    {
      name: "is_own",
      type: "BOOLEAN",
      nullable: false,
      description: "The owner sent it.",
    },
  ],
};
