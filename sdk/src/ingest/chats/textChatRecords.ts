import { PersonaError } from "../../errors/index.ts";
import type { ArchiveEntry, Bridged, ConnectorOpenOptions, RawItem, RawRecord, Remark } from "../connector.ts";
import type { ExportReader } from "../exportReader.ts";
import { leftOut } from "../leftOut.ts";
import { stableId } from "../stableId.ts";
import { decodeText, readLines } from "../text/index.ts";
import { type WallTime, zonedInstant } from "../times.ts";
import { createDateOrder, inOrder } from "./dateOrder.ts";
import { type Attachment, type MessageKind, messageRecord } from "./messageRecord.ts";
import { createOccurrences } from "./occurrences.ts";
import { participantRecord } from "./participantRecord.ts";
import { type ChatEntry, type ChatStart, readTextChat } from "./readTextChat.ts";
import { withoutMarks } from "./wallClock.ts";

/** A kind of text file that a chat app exports. */
export type TextChatFormat = {
  /** What ids are made of, besides the message. */
  readonly service: string;
  readonly parseStart: (line: string) => ChatStart | undefined;
  /** What the file calls its owner; undefined where it does not tell. */
  readonly ownerName: string | undefined;
  /** Name of the chat out of the file's path; undefined when it holds none. */
  readonly chatName: (path: string) => string | undefined;
  readonly contentOf: (text: string) => TextContent;
};

export type TextContent = {
  readonly kind: MessageKind;
  readonly content: string | null;
  readonly attachments?: readonly Attachment[];
};

export type RawTextMessage = TextContent & {
  readonly id: string;
  readonly conversation: string;
  readonly wall: WallTime;
  readonly localTime: string;
  readonly orderIsOpen: boolean;
  readonly sender: string;
  readonly isOwn: boolean;
  readonly notices: readonly Notice[];
};

export type RawTextParticipant = {
  readonly conversation: string;
  readonly conversationName: string | null;
  readonly person: string;
  readonly isOwn: boolean;
};

/** A line the app wrote itself: who joined, what the chat is now called. */
type Notice = { readonly local_time: string; readonly text: string };

/** Notices kept beside one message; a file of nothing else shall not fill the memory. */
const maxNotices = 1000;

/**
 * The messages and senders of one text file. It is read twice: how it writes its dates shows in the whole of it.
 *
 * Errors: `EXPORT_INVALID` (data: file) when it holds text and no dated line.
 */
export async function* readTextChatFile(
  entry: ArchiveEntry,
  format: TextChatFormat,
  read: ExportReader,
  { limits }: ConnectorOpenOptions,
): AsyncGenerator<RawItem> {
  const file = entry.path;
  const maxLength = limits.maxRecordBytes;
  const entries = (): AsyncGenerator<ChatEntry | "undated"> =>
    readTextChat(readLines(decodeText(read(entry)), { file, maxLength }), format.parseStart, { file, maxLength });

  const look = await lookThrough(entries());
  if (look.first === undefined) {
    if (look.undated === 0) {
      yield leftOut("messages", file, "an empty chat file");
      return;
    }
    throw new PersonaError("EXPORT_INVALID", `${file} holds no line that begins with a date and a time.`, {
      data: { file },
    });
  }
  for (let times = 0; times < look.undated; times++) {
    yield leftOut("messages", file, "a line before the first message, without a date");
  }
  const name = format.chatName(file) ?? null;
  // Without a name, by its first line: it stays the same while the chat grows.
  const { first } = look;
  const conversation = stableId(format.service, name ?? `${first.localTime} ${first.sender ?? ""} ${first.text}`);
  const { order, isOpen } = look.order;
  const senders = new Set<string>();
  const countOf = createOccurrences();
  let notices: Notice[] = [];
  let last: RawRecord | undefined;

  for await (const part of entries()) {
    if (part === "undated") continue;
    if (part.sender === null) {
      // Beside the message in front of it; those in front of all, beside the first.
      if (notices.length < maxNotices) notices.push({ local_time: part.localTime, text: withoutMarks(part.text) });
      else yield leftOut("messages", file, "a notice of the app, after a thousand in a row");
      continue;
    }
    if (last !== undefined) {
      yield last;
      notices = [];
    }
    const sender = withoutMarks(part.sender).replace(/^~\s*/, "").trim();
    senders.add(sender);
    const base = stableId(format.service, conversation, part.localTime, sender, part.text);
    const times = countOf(base);
    const raw: RawTextMessage = {
      ...format.contentOf(part.text),
      id: times === 0 ? base : stableId(base, String(times)),
      conversation,
      wall: { ...inOrder(part.numbers, order), hour: part.hour, minute: part.minute, second: part.second },
      localTime: part.localTime,
      orderIsOpen: isOpen,
      sender,
      isOwn: format.ownerName !== undefined && sender === format.ownerName,
      notices,
    };
    last = { segment: "messages", value: raw, file, position: part.line };
  }
  if (last !== undefined) yield last;
  else {
    for (const fields of notices) {
      yield leftOut("messages", file, "a notice of the app, in a chat without a message", { fields });
    }
  }

  for (const person of senders) {
    const isOwn = format.ownerName !== undefined && person === format.ownerName;
    const raw: RawTextParticipant = { conversation, conversationName: name, person, isOwn };
    yield { segment: "participants", value: raw, file, position: 0 };
  }
}

type Look = {
  readonly first: ChatEntry | undefined;
  readonly undated: number;
  readonly order: ReturnType<ReturnType<typeof createDateOrder>["decide"]>;
};

async function lookThrough(entries: AsyncIterable<ChatEntry | "undated">): Promise<Look> {
  let first: ChatEntry | undefined;
  let undated = 0;
  // A clock of 12 hours beside slashes is how a telephone set to American English writes.
  const order = createDateOrder(() => first?.isHalfDay === true && /^\d{1,2}\/\d{1,2}\/\d\d\D/.test(first.localTime));
  for await (const part of entries) {
    if (part === "undated") undated += 1;
    else {
      first ??= part;
      order.add(part.numbers);
    }
  }
  return { first, undated, order: order.decide() };
}

export function toTextMessage(raw: RawTextMessage, remark: Remark, timeZone: string): Bridged {
  const sent = zonedInstant(raw.wall, timeZone);
  if (sent === null) remark("changed", "its date is none that there is");
  else remark("changed", "has no time zone: read in the import's zone");
  if (raw.orderIsOpen) remark("changed", "day and month cannot be told apart in this file: read by what is usual");
  if (raw.notices.length > 0) remark("changed", "notices of the app beside it are kept in extra");
  const { id, conversation, localTime, sender, isOwn, content, kind, attachments = [] } = raw;
  const record = messageRecord({ id, conversation, sent, localTime, sender, isOwn, content, kind, attachments });
  return { record, extra: raw.notices.length === 0 ? undefined : { notices: raw.notices } };
}

export function toTextParticipant(raw: RawTextParticipant): Bridged {
  const { conversation, conversationName, person, isOwn } = raw;
  return {
    record: participantRecord({ conversation, conversationName, person, name: person, role: "sender", isOwn }),
  };
}
