import type { Bridged, RawRecord, Remark } from "../connector.ts";
import { field, idField, objectField, type RawObject, textField, withoutFields } from "../rawFields.ts";
import { stableId } from "../stableId.ts";
import { exactJsonText } from "../text/json.ts";
import { unescapeText } from "../unescapeText.ts";
import { parseXDate } from "./parseXDate.ts";

/** One event of a conversation: a message, or somebody who came, went or renamed it. */
export type RawMessage = {
  /** `messageCreate`, `joinConversation` … */
  readonly event: string;
  readonly message: RawObject;
  readonly conversation: string | null;
  /** The owner's account; null when the archive has none. */
  readonly owner: string | null;
  /** What the conversation says of itself, with its first event. */
  readonly about: RawObject | undefined;
};

const columnFields = ["id", "senderId", "recipientId", "createdAt", "text", "mediaUrls", "reactions"];
const eventFields = ["id", "initiatingUserId", "createdAt"];

/** The events of one `dmConversation`. One that is no object is left to the bridge, which says so. */
export function* conversationMessages(conversation: RawObject, owner: string | null): Generator<RawMessage> {
  const messages = field(conversation, "messages");
  const id = field(conversation, "conversationId");
  // X makes it of the members' account ids: it would name whom the pseudonyms hide.
  const name = typeof id === "string" && id !== "" ? stableId("x", id.toWellFormed()) : null;
  let about = withoutFields(conversation, ["messages"]);
  for (const item of Array.isArray(messages) ? (messages as readonly unknown[]) : []) {
    const wrapped = typeof item === "object" && item !== null ? (item as RawObject) : {};
    const [event = ""] = Object.keys(wrapped);
    const message = objectField(wrapped, event) ?? {};
    yield { event, message, conversation: name, owner, about };
    about = undefined;
  }
}

/**
 * A direct message. Whose it is says its sender's id; when the archive has no account file, none is the owner's. What is no
 * message (somebody joined, left, renamed the group) is of kind `system`.
 */
export function toMessage(raw: RawRecord, remark: Remark): Bridged | undefined {
  const { event, message, conversation, owner, about } = raw.value as RawMessage;
  const known = Object.keys(message).length > 0;
  if (!known || conversation === null) {
    remark("skipped", known ? "has no conversation" : "has no message");
    return undefined;
  }
  const isMessage = event === "messageCreate" || field(message, "text") !== undefined;
  const sender = idField(message, "senderId", "initiatingUserId");
  const sent = parseXDate(field(message, "createdAt"));
  if (sent === null) remark("changed", "createdAt is not a date");
  const text = textField(message, "text", remark);
  const media = textsOf(message, "mediaUrls");
  const recipient = idField(message, "recipientId");
  const reactions = field(message, "reactions");
  const record = {
    // An event that is no message may have no id: its content is one, the same in every export.
    id: idField(message, "id") ?? stableId(conversation, event, exactJsonText(message)),
    conversation,
    sent,
    local_time: null,
    sender,
    is_own: owner !== null && sender === owner,
    recipients: recipient === null ? null : JSON.stringify([recipient]),
    content: text === null ? null : unescapeText(text),
    kind: isMessage ? (media.length > 0 ? "media" : "text") : "system",
    reply_to: null,
    attachments: media.length === 0 ? null : JSON.stringify(media),
    reactions: Array.isArray(reactions) && reactions.length > 0 ? exactJsonText(reactions) : null,
    edited: null,
  };
  const rest = withoutFields(message, isMessage ? columnFields : eventFields);
  const extra = {
    ...rest,
    ...(isMessage ? {} : { event }),
    ...(about === undefined ? {} : { conversation: about }),
  };
  return { record, extra: Object.keys(extra).length === 0 ? undefined : extra };
}

function textsOf(message: RawObject, name: string): readonly string[] {
  const value = field(message, name);
  if (!Array.isArray(value)) return [];
  return (value as readonly unknown[]).filter((item) => typeof item === "string").map((item) => item.toWellFormed());
}
