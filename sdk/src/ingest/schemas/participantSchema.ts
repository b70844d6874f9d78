import type { RecordSchema } from "./recordSchema.ts";

/** Someone in a conversation, or known to a workspace: ActivityStreams 2.0 `Person` in the context of a thread. */
export const participantSchema: RecordSchema = {
  id: "persona:participant@1",
  table: "participants",
  key: "id",
  time: null,
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "StableId of conversation and person." },
    {
      name: "conversation",
      type: "VARCHAR",
      nullable: true,
      description: "message@1's conversation; null for a member of the whole workspace.",
    },
    {
      name: "conversation_name",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 name of the thread; of a chat of two it is the other's.",
      others: "identity",
    },
    {
      name: "person",
      type: "VARCHAR",
      nullable: true,
      description: "As in message@1's sender: the service's id, or the name where the export has no ids.",
      others: "identity",
      unless: "is_own",
    },
    {
      name: "name",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 name, as it is shown.",
      others: "identity",
      unless: "is_own",
    },
    {
      name: "handle",
      type: "VARCHAR",
      nullable: true,
      description: "AS2 preferredUsername.",
      others: "identity",
      unless: "is_own",
    },
    {
      name: "email",
      type: "VARCHAR",
      nullable: true,
      description: "E-mail address.",
      others: "identity",
      unless: "is_own",
    },
    {
      name: "role",
      type: "VARCHAR",
      nullable: true,
      description:
        "member (the export lists the person), sender (known by messages alone), admin, owner, guest or bot.",
    },
    {
      name: "conversations",
      type: "JSON",
      nullable: true,
      description: "Ids of the threads a workspace's member is in.",
    },
    { name: "is_own", type: "BOOLEAN", nullable: false, description: "It is the owner, as far as the export tells." },
  ],
};
