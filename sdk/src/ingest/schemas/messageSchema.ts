import type { RecordSchema } from "./recordSchema.ts";

/** A message of a chat, whoever wrote it: ActivityStreams 2.0 `Note` to a few, with what chats add. */
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
      description: "The service's own id, digits kept as text; made of the message where it has none.",
    },
    {
      name: "conversation",
      type: "VARCHAR",
      nullable: false,
      description: "AS2 context: id of the thread. Ids of services may be made of the members' ids.",
    },
    {
      name: "sent",
      type: "TIMESTAMP",
      nullable: true,
      description: "AS2 published, UTC; null when the export's time cannot be read.",
    },
    {
      name: "local_time",
      type: "VARCHAR",
      nullable: true,
      description: "The time as written, where it has no zone.",
    },
    {
      name: "sender",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 attributedTo: name or id of who wrote it.",
      others: "identity",
      unless: "is_own",
    },
    { name: "is_own", type: "BOOLEAN", nullable: false, description: "The owner wrote it." },
    {
      name: "recipients",
      type: "JSON",
      nullable: true,
      description: "AS2 to: list of names or ids.",
      others: "identity",
    },
    {
      name: "content",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 content as plain text; null when it has none.",
      others: "content",
      unless: "is_own",
    },
    {
      name: "kind",
      type: "VARCHAR",
      nullable: false,
      description: "text, media, call, system and the like.",
    },
    { name: "reply_to", type: "VARCHAR", nullable: true, description: "AS2 inReplyTo: id of the message it answers." },
    {
      name: "attachments",
      type: "JSON",
      nullable: true,
      description: "AS2 attachment: list of names or addresses. Untrusted: never open them unasked.",
    },
    {
      name: "reactions",
      type: "JSON",
      nullable: true,
      description: "List of what others answered it with: who, what, when.",
      others: "content",
    },
    { name: "edited", type: "TIMESTAMP", nullable: true, description: "AS2 updated: when it was last changed, UTC." },
  ],
};
