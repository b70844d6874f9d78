import { bridge } from "../bridge.ts";
import { createOccurrences } from "../chats/occurrences.ts";
import { type ParticipantFields, participantRecord } from "../chats/participantRecord.ts";
import type {
  ArchiveEntry,
  ArchiveInput,
  Connector,
  ConnectorOpenOptions,
  InspectedInput,
  RawItem,
  RawRecord,
} from "../connector.ts";
import { createExportReader, type ExportReader } from "../exportReader.ts";
import { idText, isObject, jsonHead } from "../jsonFiles.ts";
import { kept, leftOut } from "../leftOut.ts";
import { field } from "../rawFields.ts";
import { messageSchema, participantSchema } from "../schemas/index.ts";
import { stableId } from "../stableId.ts";
import { exactJsonText, readJsonValues } from "../text/index.ts";
import { telegramName, telegramSender, toTelegramMessage } from "./telegramMessage.ts";

/**
 * Telegram Desktop's export as JSON, of all data or of one chat: `result.json`. (Its export as HTML is not read; it says less.)
 *
 * The owner is known from an export of all data alone, by `personal_information`. Other senders, names of chats, and who
 * reacted or was written about are other people's; a conversation's id is a hash, because a private chat has the other's number.
 * Contacts, sessions and stories are left out and counted.
 */
export const telegram: Connector = {
  id: "telegram",
  segments: [
    { name: "messages", schema: messageSchema, toRecord: bridge(toTelegramMessage) },
    {
      name: "participants",
      schema: participantSchema,
      toRecord: bridge((raw: ParticipantFields) => ({ record: participantRecord(raw) })),
    },
  ],
  async detect(input) {
    let most = 0;
    for (const entry of candidates(input).slice(0, 20)) most = Math.max(most, await surenessOf(input, entry));
    return most;
  },
  open,
};

function candidates(input: ArchiveInput): readonly ArchiveEntry[] {
  const entries = input.entries();
  if (entries.length === 1) return entries;
  return entries.filter(({ path }) => path.endsWith(".json"));
}

async function surenessOf(input: InspectedInput, entry: ArchiveEntry): Promise<number> {
  const head = await jsonHead(input, entry);
  if (!head.startsWith("{")) return 0;
  const isNamed = /(?:^|\/)result[^/]*\.json$/.test(entry.path);
  if (/"date_unixtime"\s*:|"from_id"\s*:\s*"?(?:user|channel)?\d|"text_entities"\s*:/.test(head)) return 1;
  if (/^\{\s*"about"\s*:\s*"[^"]{0,300}Telegram/.test(head)) return 1;
  if (/^\{\s*"about"\s*:/.test(head) && /"personal_information"\s*:\s*\{\s*"user_id"/.test(head)) return 1;
  const isChat =
    /"type"\s*:\s*"(?:personal_chat|private_group|private_supergroup|public_supergroup|private_channel|public_channel|bot_chat|saved_messages)"/;
  if (isChat.test(head) && head.includes('"messages"')) return 0.95;
  return isNamed && /"(?:messages|chats)"\s*:/.test(head) ? 0.6 : 0;
}

/** Where the parts of a chat stand: in the file of one chat, in one of all data, among the chats that were left. */
const roots = [[], ["chats", "list", "*"], ["left_chats", "list", "*"]] as const;
const heads = ["name", "type", "id"] as const;

/** Lists of an export of all data that are no chats, and what is said of them. */
const others = [
  { place: ["contacts", "list", "*"], reason: "a contact of the address book" },
  { place: ["frequent_contacts", "list", "*"], reason: "a frequent contact" },
  { place: ["sessions", "list", "*"], reason: "a session" },
  { place: ["web_sessions", "list", "*"], reason: "a web session" },
  { place: ["stories", "*"], reason: "a story" },
  { place: ["profile_pictures", "*"], reason: "a picture of the profile" },
] as const;

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem> {
  const entries: ArchiveEntry[] = [];
  const all = candidates(input);
  for (const entry of all) {
    if (all.length === 1 || (await surenessOf(input, entry)) > 0) entries.push(entry);
  }
  const read = createExportReader(input, options, [...entries, ...entries]);
  for (const entry of entries) yield* readFile(entry, read, options);
}

type Chat = { name?: unknown; type?: unknown; id?: unknown };

/** Twice: name and number of a chat may stand behind its messages, and everything hangs on them. */
async function* readFile(
  entry: ArchiveEntry,
  read: ExportReader,
  { limits }: ConnectorOpenOptions,
): AsyncGenerator<RawItem> {
  const file = entry.path;
  const chats = new Map<string, Chat>();
  let ownId: string | null = null;
  const look = [...roots.flatMap((root) => heads.map((name) => [...root, name])), ["personal_information", "user_id"]];
  for await (const { path, value } of readJsonValues(read(entry), look, { file, limits })) {
    if (path[0] === "personal_information") {
      const number = idText(value);
      ownId = number === null ? null : `user${number}`;
      continue;
    }
    const chat = chats.get(chatKey(path)) ?? {};
    chat[path.at(-1) as keyof Chat] = value;
    chats.set(chatKey(path), chat);
  }

  if (ownId !== null) yield leftOut("messages", file, "what the account says of itself, but for its number");
  const places = [...roots.map((root) => [...root, "messages", "*"]), ...others.map(({ place }) => place)];
  const countOf = createOccurrences();
  const silent = new Set(chats.keys());
  let known: { readonly key: string; readonly people: Map<string, RawRecord>; readonly chat: ChatNames } | undefined;
  for await (const { place, path, value, position } of readJsonValues(read(entry), places, { file, limits })) {
    if (place >= roots.length) {
      yield leftOut("messages", file, others[place - roots.length]?.reason ?? "", { position, fields: kept(value) });
      continue;
    }
    // The path of a message ends in "messages" and its index.
    const key = chatKey(path.slice(0, -1));
    if (known?.key !== key) {
      if (known !== undefined) yield* known.people.values();
      silent.delete(key);
      known = { key, people: new Map(), chat: namesOf(chats.get(key) ?? {}) };
    }
    if (!isObject(value)) {
      yield leftOut("messages", file, "is no message");
      continue;
    }
    const { conversation, conversationName } = known.chat;
    const times = field(value, "id") === undefined ? countOf(`${conversation} ${exactJsonText(value)}`) : 0;
    yield { segment: "messages", value: { message: value, conversation, times, ownId }, file, position };
    const person = telegramSender(value);
    if (person === null || known.people.has(person)) continue;
    const raw: ParticipantFields = {
      conversation,
      conversationName,
      person,
      name: telegramName(value, () => {}),
      role: "sender",
      isOwn: person === ownId,
    };
    known.people.set(person, { segment: "participants", value: raw, file, position });
  }
  if (known !== undefined) yield* known.people.values();
  for (const _ of silent) yield leftOut("messages", file, "a chat without messages");
}

/** The chat that a path lies in: `chats/list/3`, or the empty text for a file of one chat. */
function chatKey(path: readonly string[]): string {
  return path.slice(0, -1).join("/");
}

type ChatNames = { readonly conversation: string; readonly conversationName: string | null };

function namesOf({ name, type, id }: Chat): ChatNames {
  const conversationName = idText(name);
  const number = idText(id);
  const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
  return {
    conversation: number === null ? stableId("telegram", text(type), conversationName) : stableId("telegram", number),
    conversationName,
  };
}
