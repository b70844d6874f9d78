import { mailRecords, maxMailBytes } from "../../mail/mailRecords.ts";
import { mailSegments } from "../../mail/mailSegments.ts";
import { field, type RawObject } from "../../rawFields.ts";
import { readCursor, writeCursor } from "../http/cursorText.ts";
import { changed, type JsonClient } from "../http/jsonClient.ts";
import { isObject, listAt, objectOf, optionalText, readPages, requiredText, withParameter } from "../http/pages.ts";
import type { HttpSession, LiveCursor, LiveFetchOptions, LiveItem, LiveSource } from "../liveSource.ts";
import { createMailBook } from "../mailBook.ts";
import { googleClient } from "./googleClient.ts";

/**
 * A Gmail mailbox (developers.google.com/gmail/api, v1): every mail but spam and trash, in its raw form, so that it has the id that
 * it has in an mbox of Takeout. Changes and deletions come by the mailbox's history; when Google has forgotten it, everything is
 * listed again, and only what is new is fetched.
 */
export const gmail: LiveSource = {
  id: "google-gmail",
  connector: "mbox",
  segments: mailSegments,
  hosts: ["gmail.googleapis.com"],
  scopes: ["https://www.googleapis.com/auth/gmail.readonly"],
  fetch,
};

type State = { readonly historyId: string; readonly mails: Readonly<Record<string, string>> };

const form = 1;
const base = "https://gmail.googleapis.com/gmail/v1/users/me";
/** Mails between two marks: as many are read again after an interruption. */
const markEach = 500;

async function* fetch(
  session: HttpSession,
  cursor: LiveCursor | undefined,
  options: LiveFetchOptions,
): AsyncGenerator<LiveItem> {
  const client = googleClient(session, gmail.hosts, options);
  const state = readCursor<State>(form, cursor);
  const book = createMailBook(state?.mails);
  const labels = await readLabels(client);
  const profile = objectOf(await client.get(`${base}/profile`, "/users/me/profile"), "/users/me/profile");
  // Taken first: what changes from here on is in the next run's history.
  const historyId = requiredText(profile, "historyId", "/users/me/profile");

  const history = state?.historyId === undefined ? undefined : await readHistory(client, state.historyId, options);
  if (history === undefined) {
    const there = new Set<string>();
    const shape = "/users/me/messages";
    const next = nextToken;
    for await (const page of readPages(client, `${base}/messages?maxResults=500`, {
      shape,
      next,
      limits: options.limits,
    })) {
      // An empty mailbox has no list.
      for (const message of emptyOr(page, "messages", shape)) there.add(requiredText(message, "id", shape));
    }
    for (const number of book.numbers()) if (!there.has(number)) yield* book.drop(number);
    let taken = 0;
    for (const number of there) {
      if (book.has(number)) continue;
      yield* readMail(number);
      taken += 1;
      // No history yet: an interrupted run goes on with the list, without what it has.
      if (taken % markEach === 0) yield { cursor: writeCursor(form, { mails: book.entries() }) };
    }
  } else {
    for (const number of history.deleted) yield* book.drop(number);
    for (const number of history.changed) {
      // Its labels are columns: what has others is another record of the same id.
      yield* book.drop(number);
      yield* readMail(number);
    }
  }
  yield { cursor: writeCursor(form, { historyId, mails: book.entries() }) };

  async function* readMail(number: string): AsyncGenerator<LiveItem> {
    const shape = "/users/me/messages/{id}";
    const answer = await client.get(`${base}/messages/${encodeURIComponent(number)}?format=raw`, shape, {
      allowed: [404],
    });
    // Deleted meanwhile.
    if (answer.value === undefined) return;
    const message = objectOf(answer, shape);
    const ids = labelIdsOf(message);
    if (ids.includes("TRASH") || ids.includes("SPAM")) return;
    const raw = bytesOfBase64Url(requiredText(message, "raw", shape), shape);
    if (raw.length > maxMailBytes(options.limits))
      throw changed("A mail is larger than any that the service takes.", shape);
    const bytes = withNotes(raw, message, ids, labels);
    for await (const item of mailRecords(bytes, { file: "gmail.googleapis.com", fromLine: null }, 0, options.limits)) {
      book.note(number, item);
      yield item;
    }
  }
}

const nextToken = (answer: { readonly value: unknown }, url: string): string | undefined =>
  withParameter(url, "pageToken", isObject(answer.value) ? optionalText(answer.value, "nextPageToken") : null);

function emptyOr(page: Parameters<typeof listAt>[0], name: string, shape: string): readonly RawObject[] {
  return field(objectOf(page, shape), name) === undefined ? [] : listAt(page, shape, name);
}

type History = { readonly changed: ReadonlySet<string>; readonly deleted: ReadonlySet<string> };

/** Undefined when Google does not know it any more (404). */
async function readHistory(
  client: JsonClient,
  from: string,
  { limits }: LiveFetchOptions,
): Promise<History | undefined> {
  const shape = "/users/me/history";
  const first = `${base}/history?maxResults=500&startHistoryId=${encodeURIComponent(from)}`;
  const changedMails = new Set<string>();
  const deleted = new Set<string>();
  for await (const page of readPages(client, first, { shape, next: nextToken, limits, allowed: [404] })) {
    if (page.value === undefined) return undefined;
    for (const entry of emptyOr(page, "history", shape)) {
      for (const kind of ["messagesAdded", "labelsAdded", "labelsRemoved", "messagesDeleted"] as const) {
        const list = field(entry, kind);
        for (const item of Array.isArray(list) ? (list as readonly unknown[]) : []) {
          const message = isObject(item) ? field(item, "message") : undefined;
          if (!isObject(message)) throw changed("The service's history is not as documented.", shape);
          const id = requiredText(message, "id", shape);
          const isGone =
            kind === "messagesDeleted" || labelIdsOf(message).some((label) => label === "TRASH" || label === "SPAM");
          (isGone ? deleted : changedMails).add(id);
          (isGone ? changedMails : deleted).delete(id);
        }
      }
    }
  }
  return { changed: changedMails, deleted };
}

function labelIdsOf(message: RawObject): readonly string[] {
  const list = field(message, "labelIds");
  return Array.isArray(list) ? list.filter((label) => typeof label === "string") : [];
}

async function readLabels(client: JsonClient): Promise<ReadonlyMap<string, string>> {
  const shape = "/users/me/labels";
  const answer = await client.get(`${base}/labels`, shape);
  return new Map(
    emptyOr(answer, "labels", shape).map((label) => [
      requiredText(label, "id", shape),
      requiredText(label, "name", shape),
    ]),
  );
}

/** As Takeout calls them. */
const systemLabels: Readonly<Record<string, string>> = {
  INBOX: "Inbox",
  SENT: "Sent",
  UNREAD: "Unread",
  STARRED: "Starred",
  IMPORTANT: "Important",
  DRAFT: "Drafts",
  CHAT: "Chat",
  CATEGORY_PERSONAL: "Category Personal",
  CATEGORY_SOCIAL: "Category Social",
  CATEGORY_PROMOTIONS: "Category Promotions",
  CATEGORY_UPDATES: "Category Updates",
  CATEGORY_FORUMS: "Category Forums",
};

/** The mail with the two fields that Takeout writes above it; an id does not count them. */
function withNotes(
  raw: Uint8Array,
  message: RawObject,
  ids: readonly string[],
  labels: ReadonlyMap<string, string>,
): Uint8Array {
  const names = ids.map((id) => systemLabels[id] ?? labels.get(id) ?? id).map((name) => name.replace(/[\r\n",]/g, " "));
  const ascii = /^[\x20-\x7e]*$/;
  const list = names
    .map((name) => (ascii.test(name) ? name : `=?UTF-8?B?${base64(new TextEncoder().encode(name))}?=`))
    .join(",");
  const thread = optionalText(message, "threadId") ?? "";
  const decimal = /^[0-9a-f]{1,16}$/.test(thread) ? `X-GM-THRID: ${BigInt(`0x${thread}`)}\r\n` : "";
  const head = new TextEncoder().encode(`${decimal}X-Gmail-Labels: ${list}\r\n`);
  const whole = new Uint8Array(head.length + raw.length);
  whole.set(head);
  whole.set(raw, head.length);
  return whole;
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function bytesOfBase64Url(text: string, shape: string): Uint8Array {
  if (!/^[A-Za-z0-9_-]*={0,2}$/.test(text)) throw changed("A mail is not in the documented encoding.", shape);
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, ""));
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
