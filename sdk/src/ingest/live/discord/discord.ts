import type { ParticipantFields } from "../../chats/participantRecord.ts";
import type { RawRecord } from "../../connector.ts";
import { discord as discordFiles } from "../../discord/discord.ts";
import type { RawDiscordMessage } from "../../discord/discordMessage.ts";
import { field, type RawObject, withoutFields } from "../../rawFields.ts";
import { readCursor, writeCursor } from "../http/cursorText.ts";
import { changed, createJsonClient } from "../http/jsonClient.ts";
import { isObject, listAt, objectOf, optionalText, requiredText } from "../http/pages.ts";
import { createWholeLists, type ListPrints } from "../http/wholeLists.ts";
import type { HttpSession, LiveCursor, LiveFetchOptions, LiveItem, LiveResponse, LiveSource } from "../liveSource.ts";

/**
 * A Discord account (discord.com/developers/docs, v10): the owner's own messages in direct channels, with the ids of the data package,
 * and who else is in them. Discord gives `dm_channels.read` and messages only to applications that it has approved: others get 401
 * or 403 there, and nothing is read. A deleted message shows when its channel is listed again, once in {@link wholeMs}.
 */
export const discordAccount: LiveSource = {
  id: "discord",
  connector: "discord",
  segments: discordFiles.segments,
  hosts: ["discord.com"],
  scopes: ["identify", "dm_channels.read", "messages.read"],
  fetch,
};

type State = {
  /** The newest message of each channel. */
  readonly after: Readonly<Record<string, string>>;
  readonly wholeAt: number;
  readonly prints: ListPrints;
};

const form = 1;
const base = "https://discord.com/api/v10";
const pageSize = 100;
const wholeMs = 30 * 24 * 60 * 60_000;

async function* fetch(
  session: HttpSession,
  cursor: LiveCursor | undefined,
  options: LiveFetchOptions,
): AsyncGenerator<LiveItem> {
  const client = createJsonClient({ session, hosts: discordAccount.hosts, fetch: options, retryAt });
  const state = readCursor<State>(form, cursor);
  const isWhole = state?.wholeAt === undefined || client.now() - state.wholeAt >= wholeMs;
  const after: Record<string, string> = { ...(isWhole ? {} : state?.after) };
  const lists = createWholeLists(state?.prints);
  const me = objectOf(await client.get(`${base}/users/@me`, "/users/@me"), "/users/@me");
  const ownId = requiredText(me, "id", "/users/@me");
  const channelsShape = "/users/@me/channels";
  const channels = listAt(await client.get(`${base}/users/@me/channels`, channelsShape), channelsShape);

  for (const channel of channels) {
    const id = requiredText(channel, "id", channelsShape);
    const people = peopleOf(channel);
    const shape = "/channels/{channel.id}/messages";
    // From the oldest on: a page's last message is where the next begins.
    let from = after[id] ?? "0";
    for (let pages = 0; ; pages++) {
      if (pages === options.limits.maxPages) throw endless(shape);
      const page = listAt(
        await client.get(`${base}/channels/${id}/messages?limit=${pageSize}&after=${from}`, shape),
        shape,
      );
      const ids = page.map((message) => requiredText(message, "id", shape));
      // Newest first, as Discord answers; read from the oldest.
      const messages = page
        .map((message, at) => ({ message, id: ids[at] ?? "" }))
        .sort((a, b) => compareIds(a.id, b.id));
      for (const { message, id: number } of messages) {
        const author = field(message, "author");
        if (!isObject(author) || optionalText(author, "id") !== ownId) continue;
        const others = people.filter((person) => person.id !== ownId).map((person) => person.id);
        const raw = rawMessage(message, id, ownId, others);
        const is = lists.note(`messages ${id}`, number, raw);
        if (is === "changed") yield { segment: "messages", deletion: number };
        if (is !== "same") yield record("messages", raw);
      }
      const newest = messages.at(-1)?.id;
      if (newest === undefined) break;
      if (compareIds(newest, from) <= 0) throw endless(shape);
      from = newest;
      after[id] = from;
      if (page.length < pageSize) break;
    }
    if (isWhole) yield* lists.gone(`messages ${id}`, "messages");
    for (const person of [{ id: ownId, name: null }, ...people.filter((each) => each.id !== ownId)]) {
      const value: ParticipantFields = {
        conversation: id,
        conversationName: optionalText(channel, "name"),
        person: person.id,
        name: person.name,
        role: "member",
        isOwn: person.id === ownId,
      };
      // Their key is made by the bridge: a channel is known by its first reading.
      if (lists.note(`participants ${id}`, person.id, value) === "new") yield record("participants", value);
    }
    yield mark(false);
  }
  yield mark(isWhole);

  function mark(isDone: boolean): LiveItem {
    const wholeAt = isDone ? client.now() : isWhole ? 0 : (state?.wholeAt ?? 0);
    return { cursor: writeCursor(form, { after, wholeAt, prints: lists.prints(() => isDone) }) };
  }
}

const record = (segment: string, value: unknown): RawRecord => ({
  segment,
  value,
  file: `discord.com/${segment}`,
  position: 0,
});

const endless = (shape: string) => changed("The service's messages do not end.", shape);

function peopleOf(channel: RawObject): readonly { readonly id: string; readonly name: string | null }[] {
  const list = field(channel, "recipients");
  return (Array.isArray(list) ? list.filter(isObject) : []).flatMap((person) => {
    const id = optionalText(person, "id");
    return id === null ? [] : [{ id, name: optionalText(person, "global_name") ?? optionalText(person, "username") }];
  });
}

/** As the data package writes it. */
function rawMessage(
  message: RawObject,
  conversation: string,
  ownId: string,
  recipients: readonly string[],
): RawDiscordMessage {
  const attachments = field(message, "attachments");
  const urls = (Array.isArray(attachments) ? attachments.filter(isObject) : []).flatMap(
    (each) => optionalText(each, "url") ?? [],
  );
  const time = optionalText(message, "timestamp");
  const rest = withoutFields(message, ["id", "timestamp", "content", "attachments", "author", "channel_id"]);
  return {
    message: {
      ...rest,
      ID: field(message, "id"),
      Timestamp: time === null ? null : time.replace(/(\.\d{3})\d{0,6}/, "$1"),
      Contents: field(message, "content"),
      Attachments: urls.join(" "),
    },
    conversation,
    ownId,
    recipients,
    channel: undefined,
  };
}

/** Ids are numbers beyond 2^53, which grow with time. */
function compareIds(a: string, b: string): number {
  return a.length === b.length ? (a < b ? -1 : a > b ? 1 : 0) : a.length - b.length;
}

/** Seconds from now, with a fraction. */
function retryAt(answer: LiveResponse, now: number): number | undefined {
  const written = answer.header("x-ratelimit-reset-after");
  return written !== null && /^\d{1,9}(?:\.\d{1,6})?$/.test(written) ? now + Number(written) * 1_000 : undefined;
}
