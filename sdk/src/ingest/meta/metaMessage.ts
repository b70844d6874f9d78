import { type Attachment, type MessageKind, messageRecord } from "../chats/messageRecord.ts";
import type { Bridged, Remark } from "../connector.ts";
import { idText, isObject } from "../jsonFiles.ts";
import { field, objectField, type RawObject, textField, withoutFields } from "../rawFields.ts";
import { stableId } from "../stableId.ts";
import { metaTime } from "./metaTime.ts";

export type RawMetaMessage = {
  readonly service: string;
  /** Repaired. */
  readonly message: RawObject;
  readonly conversation: string;
  /** How often a message of the same time, sender and text came before. */
  readonly times: number;
  readonly ownerName: string | null;
  readonly recipients: readonly string[];
  /** What the export says of the conversation, beside its first message. */
  readonly about: RawObject | undefined;
};

/** What a message is told apart by; the rest of it (reactions, paths of its photos) changes from export to export. */
export function messageKey(message: RawObject): string {
  return [timeField(message), senderOf(message), textOf(message)].map((part) => JSON.stringify(part ?? null)).join(" ");
}

export function toMetaMessage(raw: RawMetaMessage, remark: Remark): Bridged {
  const { service, message, conversation, times, ownerName, recipients, about } = raw;
  const sent = metaTime(timeField(message), remark);
  const sender = senderOf(message);
  if (timeField(message) === undefined) remark("changed", "has no time");
  if (sender === null) remark("changed", "has no sender");
  const text = textOf(message);
  const content = text?.toWellFormed() ?? null;
  const attachments = attachmentsOf(message);
  const record = messageRecord({
    id: stableId(service, conversation, messageKey(message), times === 0 ? null : String(times)),
    conversation,
    sent,
    sender,
    isOwn: ownerName !== null && sender === ownerName,
    recipients,
    content: content === "" ? null : content,
    kind: kindOf(message, content, attachments),
    attachments,
    reactions: reactionsOf(message),
  });
  if (content === null) textField(message, "content", remark);
  const taken = ["sender_name", "senderName", "sender", "timestamp_ms", "timestamp", "created_at"];
  if (text !== null) taken.push(typeof field(message, "content") === "string" ? "content" : "text");
  const rest = withoutFields(message, taken);
  return {
    record,
    extra: about === undefined || Object.keys(about).length === 0 ? rest : { ...rest, conversation: about },
  };
}

export function senderOf(message: RawObject): string | null {
  for (const name of ["sender_name", "senderName", "sender"]) {
    const sender = idText(field(message, name));
    if (sender !== null) return sender;
  }
  return null;
}

function timeField(message: RawObject): unknown {
  const time = field(message, "timestamp_ms") ?? field(message, "timestamp") ?? field(message, "created_at");
  return typeof time === "bigint" ? String(time) : time;
}

function textOf(message: RawObject): string | null {
  const text = field(message, "content") ?? field(message, "text");
  return typeof text === "string" ? text : null;
}

function kindOf(message: RawObject, content: string | null, attachments: readonly Attachment[]): MessageKind {
  if (field(message, "is_unsent") === true || field(message, "isUnsent") === true) return "deleted";
  const type = field(message, "type");
  if (type === "Call" || field(message, "call_duration") !== undefined) return "call";
  if (type === "Subscribe" || type === "Unsubscribe") return "system";
  return attachments.length > 0 && (content ?? "") === "" ? "media" : "text";
}

function attachmentsOf(message: RawObject): readonly Attachment[] {
  const list: Attachment[] = [];
  for (const name of ["photos", "videos", "audio_files", "gifs", "files", "media"]) {
    const items = field(message, name);
    for (const item of Array.isArray(items) ? items.filter(isObject) : []) {
      const url = field(item, "uri");
      if (typeof url === "string") list.push({ url });
    }
  }
  const only = field(message, "media");
  if (typeof only === "string" && only !== "") list.push({ url: only });
  const sticker = field(objectField(message, "sticker") ?? {}, "uri");
  if (typeof sticker === "string") list.push({ url: sticker });
  const link = field(objectField(message, "share") ?? {}, "link");
  if (typeof link === "string") list.push({ url: link });
  return list;
}

/** One count for each kind; who reacted stays in extra. */
function reactionsOf(message: RawObject): readonly { reaction: string; count: number }[] {
  const list = field(message, "reactions");
  const counts = new Map<string, number>();
  for (const item of Array.isArray(list) ? list.filter(isObject) : []) {
    const reaction = idText(field(item, "reaction")) ?? "unknown";
    counts.set(reaction, (counts.get(reaction) ?? 0) + 1);
  }
  return [...counts].map(([reaction, count]) => ({ reaction, count }));
}
