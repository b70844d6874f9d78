import type { RecordSchema } from "./recordSchema.ts";

/** A file in a mail: JMAP EmailBodyPart with its content. A long one goes on in further records of the same `blob`. */
export const emailAttachmentSchema: RecordSchema = {
  id: "persona:email-attachment@1",
  table: "attachments",
  key: "id",
  time: "sent_at",
  columns: [
    {
      name: "id",
      type: "VARCHAR",
      nullable: false,
      description: "Id of the mail, place of the file in it, and from the second piece on the piece.",
    },
    {
      name: "email",
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
      name: "part_id",
      type: "VARCHAR",
      nullable: false,
      description: "JMAP partId: its place in the tree of the mail.",
    },
    {
      name: "name",
      type: "VARCHAR",
      nullable: true,
      description: "JMAP name of the file. Untrusted: it may hold paths.",
      others: "content",
      unless: "is_own",
    },
    {
      name: "type",
      type: "VARCHAR",
      nullable: false,
      description: "JMAP type: media type in lower case, as the mail says.",
    },
    {
      name: "charset",
      type: "VARCHAR",
      nullable: true,
      description: "JMAP charset.",
    },
    {
      name: "disposition",
      type: "VARCHAR",
      nullable: true,
      description: "JMAP disposition: attachment, inline.",
    },
    {
      name: "cid",
      type: "VARCHAR",
      nullable: true,
      description: "JMAP cid: what the HTML names it by.",
    },
    {
      name: "location",
      type: "VARCHAR",
      nullable: true,
      description: "JMAP location.",
    },
    {
      name: "size",
      type: "BIGINT",
      nullable: false,
      description: "JMAP size: octets of the whole file, decoded.",
    },
    {
      name: "blob",
      type: "VARCHAR",
      nullable: false,
      description: "SHA-256 of the whole file in hexadecimal: equal files are equal here.",
    },
    {
      name: "piece",
      type: "BIGINT",
      nullable: false,
      description: "From 0: files of more than 768 KiB are in several records.",
    },
    {
      name: "pieces",
      type: "BIGINT",
      nullable: false,
      description: "How many records hold the file.",
    },
    {
      name: "content",
      type: "VARCHAR",
      nullable: false,
      description: "Base64 of this piece; pieces end at whole groups, so that their texts can be joined.",
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
