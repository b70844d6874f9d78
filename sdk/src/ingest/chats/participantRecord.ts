import type { SchemaRecord } from "../schemas/recordSchema.ts";
import { stableId } from "../stableId.ts";

export type ParticipantRole = "member" | "sender" | "admin" | "owner" | "guest" | "bot";

export type ParticipantFields = {
  readonly conversation: string | null;
  readonly conversationName?: string | null;
  /** What the person is told apart by within the conversation. */
  readonly person: string;
  readonly name?: string | null;
  readonly handle?: string | null;
  readonly email?: string | null;
  readonly role?: ParticipantRole | null;
  readonly conversations?: readonly string[];
  readonly isOwn?: boolean;
};

/** A record of participant@1. */
export function participantRecord(participant: ParticipantFields): SchemaRecord {
  const { conversation, conversations = [] } = participant;
  return {
    id: stableId("participant", conversation, participant.person),
    conversation,
    conversation_name: participant.conversationName ?? null,
    person: participant.person,
    name: participant.name ?? null,
    handle: participant.handle ?? null,
    email: participant.email ?? null,
    role: participant.role ?? null,
    conversations: conversations.length === 0 ? null : JSON.stringify(conversations),
    is_own: participant.isOwn ?? false,
  };
}
