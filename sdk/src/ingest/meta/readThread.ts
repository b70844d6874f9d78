import { createOccurrences } from "../chats/occurrences.ts";
import type { ArchiveEntry, ConnectorOpenOptions, RawItem } from "../connector.ts";
import type { ExportReader } from "../exportReader.ts";
import { idText, isObject } from "../jsonFiles.ts";
import { leftOut } from "../leftOut.ts";
import { field } from "../rawFields.ts";
import { stableId } from "../stableId.ts";
import { readJsonValues } from "../text/index.ts";
import { messageKey, type RawMetaMessage, senderOf } from "./metaMessage.ts";
import { repaired } from "./repairText.ts";

/** The files of one conversation: `message_1.json` has the newest messages, and the newest first. */
export type Thread = { readonly folder: string | null; readonly entries: readonly ArchiveEntry[] };

/** More are in no conversation of either service. */
const maxPeople = 1000;

const heads = [
  "title",
  "threadName",
  "thread_path",
  "thread_type",
  "is_still_participant",
  "joinable_mode",
  "image",
  "magic_words",
] as const;

/**
 * The messages and people of one conversation, of Facebook or Instagram. Each file is read twice: its name and its path, which
 * messages' ids are made of, stand behind its messages.
 */
export async function* readThread(
  thread: Thread,
  service: string,
  ownerName: string | null,
  read: ExportReader,
  { limits }: ConnectorOpenOptions,
): AsyncGenerator<RawItem> {
  const people: string[] = [];
  const about: Record<string, unknown> = {};
  for (const entry of thread.entries) {
    const places = [["participants", "*"], ...heads.map((name) => [name])];
    for await (const { place, value } of readJsonValues(read(entry), places, { file: entry.path, limits })) {
      const fixed = repaired(value);
      if (place > 0) {
        about[heads[place - 1] ?? ""] ??= fixed;
        continue;
      }
      const name = idText(isObject(fixed) ? field(fixed, "name") : fixed);
      if (name !== null && !people.includes(name) && people.length < maxPeople) people.push(name);
    }
  }
  const conversationName = idText(about["title"]) ?? idText(about["threadName"]);
  // Paths of the whole changed with the years, their last part did not.
  const path = idText(about["thread_path"]) ?? thread.folder;
  const conversation = stableId(service, path?.split("/").at(-1) ?? conversationName ?? people.join("\n"));

  const countOf = createOccurrences();
  // What the export says of the conversation stands beside its first message.
  let first: Readonly<Record<string, unknown>> | undefined = { ...about };
  for (const entry of thread.entries) {
    for await (const { value, position } of readJsonValues(read(entry), [["messages", "*"]], {
      file: entry.path,
      limits,
    })) {
      const message = repaired(value);
      if (!isObject(message)) {
        yield leftOut("messages", entry.path, "is no message");
        continue;
      }
      const sender = senderOf(message);
      const recipients = people.filter((person) => person !== sender);
      const times = countOf(messageKey(message));
      const raw: RawMetaMessage = { service, message, conversation, times, ownerName, recipients, about: first };
      first = undefined;
      yield { segment: "messages", value: raw, file: entry.path, position };
    }
  }
  const file = thread.entries[0]?.path ?? "";
  if (first !== undefined) yield leftOut("messages", file, "a conversation without messages", { fields: first });
}
