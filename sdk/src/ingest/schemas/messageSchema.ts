import type { RecordSchema } from "./recordSchema.ts";

/** A message of a conversation, whatever carried it: ActivityStreams 2.0 `Note` with an audience. */
export const messageSchema: RecordSchema = {
  id: "persona:message@1",
  table: "messages",
  key: "id",
  time: "sent",
  columns: [
    {
      name: "id",
      type: "VARCHAR",
      nullable: false,
      description: "The service's own id of the message, or one made of what does not change.",
    },
    { name: "conversation", type: "VARCHAR", nullable: false, description: "AS2 context: id of the thread." },
    {
      name: "sent",
      type: "TIMESTAMP",
      nullable: true,
      description: "AS2 published, UTC; null when the export's date cannot be read.",
    },
    {
      name: "local_time",
      type: "VARCHAR",
      nullable: true,
      description: "The time as the export writes it, where it names no zone.",
    },
    {
      name: "sender",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 attributedTo: who sent it, as the service names them.",
      others: "identity",
      unless: "is_own",
    },
    { name: "is_own", type: "BOOLEAN", nullable: false, description: "The owner of the export sent it." },
    {
      name: "recipients",
      type: "JSON",
      nullable: true,
      description: "AS2 to: list of texts, as the service names them.",
      others: "identity",
    },
    {
      name: "content",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 content as plain text; null where it has none.",
      others: "content",
      unless: "is_own",
    },
    { name: "kind", type: "VARCHAR", nullable: false, description: "text, call, system, media and the like." },
    {
      name: "reply_to",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 inReplyTo: id of the message this one answers.",
    },
    { name: "attachments", type: "JSON", nullable: true, description: "AS2 attachment: list of what was sent along." },
    {
      name: "reactions",
      type: "JSON",
      nullable: true,
      description: "Reactions to it, and whose they are.",
      others: "content",
    },
    { name: "edited", type: "TIMESTAMP", nullable: true, description: "AS2 updated, UTC: when it was last changed." },
  ],
};
