import { type Attachment, type MessageKind, messageRecord } from "../chats/messageRecord.ts";
import type { Bridged, Remark } from "../connector.ts";
import { epochNumber, idText, isObject } from "../jsonFiles.ts";
import { field, objectField, type RawObject, textField, withoutFields } from "../rawFields.ts";
import { skipped } from "../skipped.ts";
import { validInstant } from "../times.ts";
import { slackText } from "./slackText.ts";

export type RawSlackMessage = {
  readonly message: RawObject;
  readonly conversation: string;
  /** What the export says of the channel: beside its first message. */
  readonly channel: RawObject | undefined;
};

/** Subtypes that a person or a program writes; every other is Slack's own note of what happened. */
const written = new Set([
  "bot_message",
  "me_message",
  "thread_broadcast",
  "file_share",
  "file_comment",
  "reply_broadcast",
]);

export function toSlackMessage(raw: RawSlackMessage, remark: Remark): Bridged | undefined {
  const { message, conversation, channel } = raw;
  const ts = idText(field(message, "ts"));
  if (ts === null || !/^\d{1,12}(?:\.\d{1,9})?$/.test(ts)) return skipped(remark, "has no ts");
  const text = textField(message, "text", remark);
  const content = text === null ? null : slackText(text);
  const attachments = filesOf(message);
  const thread = idText(field(message, "thread_ts"));
  const edited = objectField(message, "edited");
  const record = messageRecord({
    id: `${conversation}:${ts}`,
    conversation,
    sent: slackTime(ts),
    sender: idText(field(message, "user")) ?? idText(field(message, "bot_id")) ?? idText(field(message, "username")),
    isOwn: false,
    content: content === "" && attachments.length > 0 ? null : content,
    kind: kindOf(message, content, attachments),
    replyTo: thread === null || thread === ts ? null : `${conversation}:${thread}`,
    attachments,
    reactions: reactionsOf(message),
    edited: edited === undefined ? null : slackTime(field(edited, "ts")),
  });
  const taken = ["ts", "thread_ts", "type", ...(text === content ? ["text"] : [])];
  const isNamed = field(message, "type") === "message";
  const rest = withoutFields(message, isNamed ? taken : taken.filter((name) => name !== "type"));
  return { record, extra: channel === undefined ? rest : { ...rest, channel } };
}

/** `1705312860.123459`: seconds, whose fraction makes it unique in its channel. */
function slackTime(value: unknown): Date | null {
  const seconds = epochNumber(value);
  return seconds === undefined ? null : validInstant(Math.floor(seconds * 1000));
}

function kindOf(message: RawObject, content: string | null, attachments: readonly Attachment[]): MessageKind {
  const subtype = field(message, "subtype");
  if (typeof subtype === "string" && /call|huddle/.test(subtype)) return "call";
  if (subtype === "tombstone") return "deleted";
  if (typeof subtype === "string" && !written.has(subtype)) return "system";
  return attachments.length > 0 && (content ?? "") === "" ? "media" : "text";
}

function filesOf(message: RawObject): readonly Attachment[] {
  const list = field(message, "files");
  // Before 2018 there was one.
  const file = objectField(message, "file");
  const files = Array.isArray(list) ? list.filter(isObject) : file === undefined ? [] : [file];
  return files.map((item) => {
    const name = idText(field(item, "name")) ?? idText(field(item, "title")) ?? idText(field(item, "id"));
    const url = idText(field(item, "url_private_download")) ?? idText(field(item, "url_private"));
    const mediaType = idText(field(item, "mimetype"));
    return {
      ...(name === null ? {} : { name }),
      ...(url === null ? {} : { url: withoutToken(url) }),
      ...(mediaType === null ? {} : { mediaType }),
    };
  });
}

/** Slack puts a key that opens the file into its address: nothing to hand to programs. It stays in extra. */
function withoutToken(url: string): string {
  return url.replace(/([?&])t=xox[^&#]*&?/, "$1").replace(/[?&]$/, "");
}

function reactionsOf(message: RawObject): readonly { reaction: string; count: number }[] {
  const list = field(message, "reactions");
  if (!Array.isArray(list)) return [];
  return list.filter(isObject).map((reaction) => ({
    reaction: idText(field(reaction, "name")) ?? "unknown",
    count: epochNumber(field(reaction, "count")) ?? 1,
  }));
}
