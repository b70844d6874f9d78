import type { RecordSchema } from "./recordSchema.ts";

/** One message of a chat, in either direction: ActivityStreams 2.0 `Note` with the terms of JMAP Email where chats have them. */
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
      description: "The service's id, made unique by its conversation; else a stableId of what does not change.",
    },
    {
      name: "conversation",
      type: "VARCHAR",
      nullable: false,
      description: "Id of the thread; a stableId where the service's own would name a person.",
    },
    {
      name: "sent",
      type: "TIMESTAMP",
      nullable: true,
      description: "JMAP sentAt, UTC; null when the export's time cannot be read.",
    },
    {
      name: "local_time",
      type: "VARCHAR",
      nullable: true,
      description: "The time as the export wrote it, where that has no zone.",
    },
    {
      name: "sender",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 actor: participant@1's person; the name where the export has no ids.",
      others: "identity",
      unless: "is_own",
    },
    {
      name: "is_own",
      type: "BOOLEAN",
      nullable: false,
      description: "The owner wrote it, as far as the export tells.",
    },
    {
      name: "recipients",
      type: "JSON",
      nullable: true,
      description: "AS2 to: list of the persons it went to, where the export says it.",
      others: "identity",
    },
    {
      name: "content",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 content as plain text; null when there is none.",
      others: "content",
      unless: "is_own",
    },
    {
      name: "kind",
      type: "VARCHAR",
      nullable: false,
      description: "text, media, call, poll, deleted or system (what the app itself wrote).",
    },
    { name: "reply_to", type: "VARCHAR", nullable: true, description: "AS2 inReplyTo: id of the message it answers." },
    {
      name: "attachments",
      type: "JSON",
      nullable: true,
      description:
        "AS2 attachment: list of { name, url, mediaType } as far as known. Untrusted: never open one unasked.",
    },
    {
      name: "reactions",
      type: "JSON",
      nullable: true,
      description: "List of { reaction, count }; who reacted stands in extra.",
      others: "content",
    },
    { name: "edited", type: "TIMESTAMP", nullable: true, description: "AS2 updated, UTC: when it was last changed." },
  ],
};
