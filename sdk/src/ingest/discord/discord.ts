import { bridge } from "../bridge.ts";
import { type ParticipantFields, participantRecord } from "../chats/participantRecord.ts";
import type { ArchiveEntry, Connector, ConnectorOpenOptions, InspectedInput, RawItem } from "../connector.ts";
import { createExportReader, type ExportReader } from "../exportReader.ts";
import { createFileGuard } from "../fileGuard.ts";
import { idText, isObject } from "../jsonFiles.ts";
import { leftOut } from "../leftOut.ts";
import { field, type RawObject } from "../rawFields.ts";
import { messageSchema, participantSchema } from "../schemas/index.ts";
import { decodeText, readCsvRows, readJsonValues } from "../text/index.ts";
import { toDiscordMessage } from "./discordMessage.ts";
import { type DiscordChannelFiles, discordSureness, findDiscordFiles } from "./findDiscordFiles.ts";

/**
 * Discord's data package ("Request all of my data"): the messages of each channel, as JSON or, in old packages, CSV.
 *
 * It holds the owner's own messages alone: `is_own` is true for all. The people of direct messages are other people's, and so
 * is what the index calls a conversation. Everything else of the package (activity, servers) is not read.
 */
export const discord: Connector = {
  id: "discord",
  segments: [
    { name: "messages", schema: messageSchema, toRecord: bridge(toDiscordMessage) },
    {
      name: "participants",
      schema: participantSchema,
      toRecord: bridge((raw: ParticipantFields) => ({ record: participantRecord(raw) })),
    },
  ],
  detect: discordSureness,
  open,
};

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem> {
  const { channels, index, user } = findDiscordFiles(input);
  const { limits } = options;
  const few = [index, user].filter((entry) => entry !== undefined);
  const read = createExportReader(input, options, [...few, ...channels.flatMap(filesOf)]);

  const names = new Map<string, string>();
  if (index !== undefined) {
    for await (const { path, value } of readJsonValues(read(index), [["*"]], { file: index.path, limits })) {
      const name = idText(value);
      if (name !== null) names.set(path[0] ?? "", name);
    }
  }
  let ownId: string | null = null;
  if (user !== undefined) {
    for await (const { value } of readJsonValues(read(user), [["id"]], { file: user.path, limits }))
      ownId = idText(value);
    yield leftOut("participants", user.path, "what the account says of itself, but for its number");
  }

  async function* messagesOf(entry: ArchiveEntry): AsyncGenerator<Read> {
    const isCsv = entry.path.endsWith(".csv") || (await looksLikeCsv(input, entry));
    yield* isCsv ? readCsv(entry, read, options) : readJson(entry, read, options);
  }
  const guard = createFileGuard();
  for (const files of channels) {
    const channel = files.channel === undefined ? undefined : await readChannel(files.channel, read, options);
    const conversation = files.id ?? (channel === undefined ? null : idText(field(channel, "id"))) ?? "unknown";
    const people = peopleOf(channel);
    const others = ownId === null ? undefined : people.filter((person) => person !== ownId);
    let isFirst = true;
    for (const entry of files.messages) {
      for await (const { message, position } of guard.pass("messages", entry.path, () => messagesOf(entry))) {
        if (message === undefined) {
          yield leftOut("messages", entry.path, "is no message");
          continue;
        }
        const recipients = isDirect(channel) ? others : undefined;
        const raw = { message, conversation, ownId, recipients, channel: isFirst ? channel : undefined };
        isFirst = false;
        yield { segment: "messages", value: raw, file: entry.path, position };
      }
    }
    const ofIndex = names.get(conversation);
    names.delete(conversation);
    const called = ofIndex ?? (channel === undefined ? null : idText(field(channel, "name")));
    const file = files.channel?.path ?? files.messages[0]?.path ?? "";
    for (const person of people) {
      const isOwn = person === ownId;
      const raw: ParticipantFields = {
        conversation,
        conversationName: called,
        person,
        // The index has the other's name where there is one other.
        name: !isOwn && others?.length === 1 ? directName(called) : null,
        role: "member",
        isOwn,
      };
      yield { segment: "participants", value: raw, file, position: 0 };
    }
  }
  yield* guard.told();
  for (const [conversation, name] of names) {
    const fields = { conversation, name };
    yield leftOut("participants", index?.path ?? "", "the name of a conversation that the export has no folder of", {
      fields,
    });
  }
}

function filesOf({ messages, channel }: DiscordChannelFiles): readonly ArchiveEntry[] {
  return channel === undefined ? messages : [...messages, channel];
}

async function looksLikeCsv(input: InspectedInput, entry: ArchiveEntry): Promise<boolean> {
  return /^\s*ID,/.test(new TextDecoder().decode(await input.head(entry.path)));
}

async function readChannel(
  entry: ArchiveEntry,
  read: ExportReader,
  { limits }: ConnectorOpenOptions,
): Promise<RawObject | undefined> {
  let channel: RawObject | undefined;
  for await (const { value } of readJsonValues(read(entry), [[]], { file: entry.path, limits })) {
    if (isObject(value)) channel = value;
  }
  return channel;
}

function peopleOf(channel: RawObject | undefined): readonly string[] {
  const list = channel === undefined ? undefined : field(channel, "recipients");
  // Older packages have whole people in the list.
  const ids = Array.isArray(list) ? list.map((item: unknown) => idText(isObject(item) ? field(item, "id") : item)) : [];
  return [...new Set(ids.filter((id) => id !== null))];
}

function isDirect(channel: RawObject | undefined): boolean {
  const type = channel === undefined ? undefined : field(channel, "type");
  return type === "DM" || type === "GROUP_DM" || type === 1 || type === 3;
}

function directName(called: string | null): string | null {
  return /^Direct Message with (.+)$/s.exec(called ?? "")?.[1] ?? null;
}

type Read = { readonly message: RawObject | undefined; readonly position: number };

async function* readJson(
  entry: ArchiveEntry,
  read: ExportReader,
  { limits }: ConnectorOpenOptions,
): AsyncGenerator<Read> {
  for await (const { value, position } of readJsonValues(read(entry), [["*"]], { file: entry.path, limits })) {
    yield { message: isObject(value) ? value : undefined, position };
  }
}

async function* readCsv(
  entry: ArchiveEntry,
  read: ExportReader,
  { limits }: ConnectorOpenOptions,
): AsyncGenerator<Read> {
  const options = { file: entry.path, maxRowLength: limits.maxRecordBytes, maxColumns: 100 };
  let header: readonly string[] | undefined;
  for await (const { cells, line } of readCsvRows(decodeText(read(entry)), options)) {
    if (header === undefined) {
      header = cells;
      continue;
    }
    const named = header.map((name, index) => [name, cells[index] ?? ""] as const);
    yield { message: Object.fromEntries(named), position: line };
  }
}
