import { bridge } from "../bridge.ts";
import { type ParticipantFields, type ParticipantRole, participantRecord } from "../chats/participantRecord.ts";
import type {
  ArchiveEntry,
  ArchiveInput,
  Bridged,
  Connector,
  ConnectorOpenOptions,
  InspectedInput,
  RawItem,
  Remark,
} from "../connector.ts";
import { createExportReader } from "../exportReader.ts";
import { createFileGuard } from "../fileGuard.ts";
import { idText, isObject, jsonHead } from "../jsonFiles.ts";
import { leftOut } from "../leftOut.ts";
import { field, objectField, type RawObject, withoutFields } from "../rawFields.ts";
import { messageSchema, participantSchema } from "../schemas/index.ts";
import { skipped } from "../skipped.ts";
import { readJsonValues } from "../text/index.ts";
import { toSlackMessage } from "./slackMessage.ts";

/**
 * A Slack workspace's export: `users.json`, `channels.json` (`groups`, `dms`, `mpims`), and a folder of days for each channel.
 *
 * It belongs to the workspace and names no owner: `is_own` is false for all, and everybody in it is another person. A person is
 * one record, with the channels it is in. What a channel says of itself stands in `extra` beside its first message.
 */
export const slack: Connector = {
  id: "slack",
  segments: [
    { name: "messages", schema: messageSchema, toRecord: bridge(toSlackMessage) },
    { name: "participants", schema: participantSchema, toRecord: bridge(toSlackPerson) },
  ],
  detect,
  open,
};

type RawSlackPerson = { readonly user: RawObject; readonly conversations: readonly string[] };

type SlackFiles = {
  readonly users: readonly ArchiveEntry[];
  readonly channels: readonly ArchiveEntry[];
  readonly days: readonly { readonly entry: ArchiveEntry; readonly folder: string }[];
};

function findSlackFiles(input: ArchiveInput): SlackFiles {
  const users: ArchiveEntry[] = [];
  const channels: ArchiveEntry[] = [];
  const days: { entry: ArchiveEntry; folder: string }[] = [];
  const entries = input.entries();
  for (const entry of entries) {
    const parts = entry.path.split("/");
    const name = parts.at(-1) ?? "";
    if (/^(?:org_)?users\.json$/.test(name)) users.push(entry);
    else if (/^(?:channels|groups|dms|mpims)\.json$/.test(name)) channels.push(entry);
    else if (/^\d{4}-\d\d-\d\d\.json$/.test(name) || entries.length === 1) {
      days.push({ entry, folder: parts.at(-2) ?? "" });
    }
  }
  return { users, channels, days };
}

async function detect(input: InspectedInput): Promise<number> {
  const { users, channels, days } = findSlackFiles(input);
  const isDay = days[0] !== undefined && (await isSlackDay(input, days[0].entry));
  if (isDay && users.length > 0) return 1;
  if (isDay) return 0.9;
  const [first] = [...users, ...channels];
  if (first === undefined) return 0;
  const head = await jsonHead(input, first);
  const isSlack =
    /^\[\s*\{\s*"id"\s*:\s*"[UWCGD][A-Z0-9]+"/.test(head) && /"(?:team_id|creator|members)"\s*:/.test(head);
  if (isSlack) return 0.9;
  return users.length > 0 && channels.length > 0 && days.length > 0 ? 0.6 : 0;
}

async function isSlackDay(input: InspectedInput, entry: ArchiveEntry): Promise<boolean> {
  const head = await jsonHead(input, entry);
  return /^\[\s*\{/.test(head) && /"ts"\s*:\s*"\d{9,11}\.\d{6}"/.test(head) && /"type"\s*:\s*"message"/.test(head);
}

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem> {
  const { limits } = options;
  const { users, channels, days } = findSlackFiles(input);
  const all = [...channels, ...users, ...days.map(({ entry }) => entry)];
  const read = createExportReader(input, options, all);
  const items = (entry: ArchiveEntry) => readJsonValues(read(entry), [["*"]], { file: entry.path, limits });

  const byFolder = new Map<string, { readonly id: string; readonly channel: RawObject; isTold: boolean }>();
  const memberships = new Map<string, string[]>();
  for (const entry of channels) {
    for await (const { value } of items(entry)) {
      const id = isObject(value) ? idText(field(value, "id")) : null;
      if (!isObject(value) || id === null) {
        yield leftOut("messages", entry.path, "a channel without an id");
        continue;
      }
      const known = { id, channel: value, isTold: false };
      // A direct message's folder has its id, any other's its name.
      byFolder.set(id, known);
      const name = idText(field(value, "name"));
      if (name !== null) byFolder.set(name, known);
      const members = field(value, "members");
      for (const member of Array.isArray(members) ? members : []) {
        const person = idText(member);
        if (person === null) continue;
        const of = memberships.get(person) ?? [];
        memberships.set(person, of);
        of.push(id);
      }
    }
  }

  const guard = createFileGuard();
  for (const { entry, folder } of days) {
    const known = byFolder.get(folder);
    for await (const { value, position } of guard.pass("messages", entry.path, () => items(entry))) {
      if (!isObject(value)) {
        yield leftOut("messages", entry.path, "is no message");
        continue;
      }
      const channel = known?.isTold === false ? known.channel : undefined;
      if (known !== undefined) known.isTold = true;
      const raw = { message: value, conversation: known?.id ?? (folder === "" ? "unknown" : folder), channel };
      yield { segment: "messages", value: raw, file: entry.path, position };
    }
  }

  yield* guard.told();

  const silent = new Set([...byFolder.values()].filter(({ isTold }) => !isTold));
  for (const { channel } of silent) {
    yield leftOut("messages", channels[0]?.path ?? "", "a channel of which there are no messages", { fields: channel });
  }

  for (const entry of users) {
    for await (const { value, position } of items(entry)) {
      if (!isObject(value)) yield leftOut("participants", entry.path, "is no person");
      else {
        const person = idText(field(value, "id")) ?? "";
        const conversations = memberships.get(person) ?? [];
        memberships.delete(person);
        yield { segment: "participants", value: { user: value, conversations }, file: entry.path, position };
      }
    }
  }

  // Members of whom the export says nothing else.
  const file = channels[0]?.path ?? "";
  for (const [id, conversations] of memberships) {
    yield { segment: "participants", value: { user: { id }, conversations }, file, position: 0 };
  }
}

function toSlackPerson({ user, conversations }: RawSlackPerson, remark: Remark): Bridged | undefined {
  const person = idText(field(user, "id"));
  if (person === null) return skipped(remark, "has no id");
  const profile = objectField(user, "profile") ?? {};
  const named = [field(user, "real_name"), field(profile, "real_name"), field(profile, "display_name")].map(idText);
  const fields: ParticipantFields = {
    conversation: null,
    person,
    name: named.find((name) => name !== null) ?? null,
    handle: idText(field(user, "name")),
    email: idText(field(profile, "email")),
    role: roleOf(user),
    conversations,
  };
  return { record: participantRecord(fields), extra: withoutFields(user, ["id", "name", "real_name"]) };
}

function roleOf(user: RawObject): ParticipantRole {
  const is = (name: string): boolean => field(user, name) === true;
  if (is("is_bot")) return "bot";
  if (is("is_owner")) return "owner";
  if (is("is_admin")) return "admin";
  return is("is_restricted") || is("is_ultra_restricted") ? "guest" : "member";
}
