import { type Attachment, messageRecord } from "../chats/messageRecord.ts";
import type { Bridged, Remark } from "../connector.ts";
import { idText } from "../jsonFiles.ts";
import { field, type RawObject, textField, withoutFields } from "../rawFields.ts";
import { skipped } from "../skipped.ts";
import { utcInstant } from "../times.ts";

export type RawDiscordMessage = {
  readonly message: RawObject;
  readonly conversation: string;
  readonly ownId: string | null;
  /** The other people of a direct message, where the owner's number tells who is other. */
  readonly recipients: readonly string[] | undefined;
  /** What the export says of the channel: beside its first message. */
  readonly channel: RawObject | undefined;
};

export function toDiscordMessage(raw: RawDiscordMessage, remark: Remark): Bridged | undefined {
  const { message, conversation, ownId, recipients, channel } = raw;
  const id = idText(field(message, "ID"));
  if (id === null) return skipped(remark, "has no id");
  const sent = discordTime(field(message, "Timestamp"));
  if (sent === null) remark("changed", "Timestamp is no time");
  const content = textField(message, "Contents", remark);
  const attachments = attachmentsOf(textField(message, "Attachments", remark));
  const record = messageRecord({
    id,
    conversation,
    sent,
    sender: ownId,
    isOwn: true,
    recipients,
    content: content === "" && attachments.length > 0 ? null : content,
    kind: attachments.length > 0 && (content ?? "") === "" ? "media" : "text",
    attachments,
  });
  const rest = withoutFields(message, ["ID", "Timestamp", "Contents", "Attachments"]);
  return { record, extra: channel === undefined ? rest : { ...rest, channel } };
}

/** Addresses are split by spaces, in old exports by line ends. */
function attachmentsOf(text: string | null): readonly Attachment[] {
  return (text ?? "")
    .split(/\s+/)
    .filter((part) => part !== "")
    .map((url) => ({ url }));
}

/** `2026-01-05 12:00:00`, and `2021-03-01 12:00:00.123000+00:00` before: Discord writes UTC in both. */
function discordTime(value: unknown): Date | null {
  if (typeof value !== "string") return null;
  const found = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{3})\d{0,6})?(?:Z|\+00:00)?$/.exec(value);
  if (found === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, millisecond] = found
    .slice(1)
    .map((part) => Number(part ?? 0));
  return utcInstant({ year, month, day, hour, minute, second, millisecond: millisecond ?? 0 });
}
