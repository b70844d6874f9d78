import type { Attachment, MessageKind } from "../chats/messageRecord.ts";
import { messageRecord } from "../chats/messageRecord.ts";
import type { Bridged, Remark } from "../connector.ts";
import { epochNumber, idText, isObject } from "../jsonFiles.ts";
import { field, type RawObject, textField, withoutFields } from "../rawFields.ts";
import { skipped } from "../skipped.ts";
import { stableId } from "../stableId.ts";
import { validInstant, type WallTime, zonedInstant } from "../times.ts";
import { telegramText } from "./telegramText.ts";

export type RawTelegramMessage = {
  readonly message: RawObject;
  readonly conversation: string;
  /** How often a message without id that is the same came before. */
  readonly times: number;
  readonly ownId: string | null;
};

const columns = [
  "id",
  "date",
  "date_unixtime",
  "edited",
  "edited_unixtime",
  "text",
  "text_entities",
  "reply_to_message_id",
];

export function toTelegramMessage(raw: RawTelegramMessage, remark: Remark, timeZone: string): Bridged | undefined {
  const { message, conversation, times, ownId } = raw;
  const type = field(message, "type");
  if (type !== undefined && type !== "message" && type !== "service") return skipped(remark, "is no message");
  const content = telegramText(message);
  const sender = telegramSender(message);
  const { instant: sent, localTime } = timeOf(message, "date", remark, timeZone);
  const number = idText(field(message, "id"));
  const unixTime = idText(field(message, "date_unixtime")) ?? localTime;
  const id =
    number === null
      ? stableId("telegram", conversation, unixTime, sender, content, String(times))
      : `${conversation}:${number}`;
  const replyTo = idText(field(message, "reply_to_message_id"));
  const attachments = attachmentsOf(message);
  const hasPeer = field(message, "reply_to_peer_id") !== undefined;
  const record = messageRecord({
    id,
    conversation,
    sent,
    localTime,
    sender,
    isOwn: ownId !== null && sender === ownId,
    content: content === "" && (attachments.length > 0 || type === "service") ? null : content,
    kind: kindOf(message, content, attachments),
    // A reply to another chat's message has that chat's number.
    replyTo: replyTo === null || hasPeer ? null : `${conversation}:${replyTo}`,
    attachments,
    reactions: reactionsOf(message),
    edited: field(message, "edited") === undefined ? null : timeOf(message, "edited", remark, timeZone).instant,
  });
  const { rest, ...named } = { rest: withoutFields(message, columns), text: field(message, "text") };
  // What a text was formatted as, and who stands behind a mention, is only there.
  return { record, extra: Array.isArray(named.text) ? { ...rest, text: named.text } : rest };
}

/** The service's id of who wrote or did it; the name where the export has no ids (before 2021). */
export function telegramSender(message: RawObject): string | null {
  for (const name of ["from_id", "actor_id", "from", "actor"]) {
    const id = idText(field(message, name));
    // Before 2021 a number without its kind.
    if (id !== null) return name.endsWith("_id") && /^\d+$/.test(id) ? `user${id}` : id;
  }
  return null;
}

function timeOf(
  message: RawObject,
  name: string,
  remark: Remark,
  timeZone: string,
): { readonly instant: Date | null; readonly localTime: string | null } {
  const unix = epochNumber(field(message, `${name}_unixtime`));
  const text = field(message, name);
  const localTime = typeof text === "string" && text.length < 100 ? text.toWellFormed() : null;
  if (unix !== undefined) {
    const instant = validInstant(unix * 1000);
    if (instant === null) remark("changed", `${name}_unixtime is no time`);
    return { instant, localTime: null };
  }
  const wall = localTime === null ? undefined : wallTime(localTime);
  const instant = wall === undefined ? null : zonedInstant(wall, timeZone);
  remark("changed", instant === null ? `${name} is no time` : "has no time zone: read in the import's zone");
  return { instant, localTime };
}

function wallTime(text: string): WallTime | undefined {
  const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(text);
  if (found === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1).map(Number);
  return { year, month, day, hour, minute, second };
}

function kindOf(message: RawObject, content: string | null, attachments: readonly Attachment[]): MessageKind {
  if (field(message, "type") === "service") return field(message, "action") === "phone_call" ? "call" : "system";
  if (field(message, "poll") !== undefined) return "poll";
  return attachments.length > 0 && (content === null || content === "") ? "media" : "text";
}

function attachmentsOf(message: RawObject): readonly Attachment[] {
  const list: Attachment[] = [];
  for (const name of ["photo", "file"]) {
    const path = field(message, name);
    if (typeof path !== "string" || path === "") continue;
    const mimeType = name === "file" ? idText(field(message, "mime_type")) : null;
    const fileName = name === "file" ? idText(field(message, "file_name")) : null;
    // "(File not included. Change data exporting settings to download.)" stands in place of a path.
    list.push({
      ...(fileName === null ? {} : { name: fileName }),
      ...(path.startsWith("(") ? {} : { url: path }),
      ...(mimeType === null ? {} : { mediaType: mimeType }),
    });
  }
  return list;
}

function reactionsOf(message: RawObject): readonly { reaction: string; count: number }[] {
  const list = field(message, "reactions");
  if (!Array.isArray(list)) return [];
  return list.filter(isObject).map((reaction) => ({
    reaction: idText(field(reaction, "emoji")) ?? idText(field(reaction, "type")) ?? "unknown",
    count: epochNumber(field(reaction, "count")) ?? 1,
  }));
}

/** The name that stands beside the id of whoever wrote it. */
export function telegramName(message: RawObject, remark: Remark): string | null {
  return textField(message, "from", remark) ?? textField(message, "actor", remark);
}
