import type { SchemaRecord } from "../schemas/recordSchema.ts";
import { exactJsonText } from "../text/json.ts";

export type MessageKind = "text" | "media" | "call" | "poll" | "deleted" | "system";

export type Attachment = {
  readonly name?: string | undefined;
  readonly url?: string | undefined;
  readonly mediaType?: string | undefined;
};

export type MessageFields = {
  readonly id: string;
  readonly conversation: string;
  readonly sent: Date | null;
  readonly localTime?: string | null;
  readonly sender: string | null;
  readonly isOwn: boolean;
  readonly recipients?: readonly string[] | undefined;
  readonly content: string | null;
  readonly kind: MessageKind;
  readonly replyTo?: string | null;
  readonly attachments?: readonly Attachment[];
  readonly reactions?: readonly { readonly reaction: string; readonly count: number }[];
  readonly edited?: Date | null;
};

/** A record of message@1; lists that are empty are null. */
export function messageRecord(message: MessageFields): SchemaRecord {
  return {
    id: message.id,
    conversation: message.conversation,
    sent: message.sent,
    local_time: message.localTime ?? null,
    sender: message.sender,
    is_own: message.isOwn,
    recipients: listText(message.recipients),
    content: message.content,
    kind: message.kind,
    reply_to: message.replyTo ?? null,
    attachments: listText(message.attachments),
    reactions: listText(message.reactions),
    edited: message.edited ?? null,
  };
}

function listText(list: readonly unknown[] | undefined): string | null {
  return list === undefined || list.length === 0 ? null : exactJsonText(list);
}
