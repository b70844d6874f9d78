import type { RawRecord } from "../../connector.ts";
import { field, objectField, type RawObject } from "../../rawFields.ts";
import { redditSegments } from "../../reddit/redditSegments.ts";
import type { CsvFields } from "../../text/readCsvTable.ts";
import { readCursor, writeCursor } from "../http/cursorText.ts";
import { createJsonClient } from "../http/jsonClient.ts";
import { isObject, listAt, objectOf, optionalText, readPages, requiredText, withParameter } from "../http/pages.ts";
import { createWholeLists, type ListPrints } from "../http/wholeLists.ts";
import type { HttpSession, LiveCursor, LiveFetchOptions, LiveItem, LiveResponse, LiveSource } from "../liveSource.ts";

/**
 * A Reddit account (reddit.com/dev/api): account, own posts and comments, votes, with the ids of the data request. A listing has the
 * newest thousand things and no more: what is older stays as it is in a dataset. Of those that are listed, what is gone shows.
 */
export const redditAccount: LiveSource = {
  id: "reddit",
  connector: "reddit",
  segments: redditSegments,
  hosts: ["oauth.reddit.com"],
  scopes: ["identity", "history"],
  fetch,
};

type State = { readonly prints: ListPrints };

const form = 1;
const base = "https://oauth.reddit.com";
/** Things in a listing, of any account. */
const mostListed = 1_000;

async function* fetch(
  session: HttpSession,
  cursor: LiveCursor | undefined,
  options: LiveFetchOptions,
): AsyncGenerator<LiveItem> {
  const client = createJsonClient({ session, hosts: redditAccount.hosts, fetch: options, retryAt });
  const state = readCursor<State>(form, cursor);
  const lists = createWholeLists(state?.prints);
  const me = objectOf(await client.get(`${base}/api/v1/me?raw_json=1`, "/api/v1/me"), "/api/v1/me");
  const name = requiredText(me, "name", "/api/v1/me");
  const account: CsvFields = { "account name": name, "registration date": utcOf(field(me, "created_utc")) };
  yield* changedOnly("account", name, { segment: "account", value: account, file: "oauth.reddit.com", position: 0 });

  const full = new Set<string>();
  for (const { path, segment, direction } of listings) {
    const shape = `/user/{username}/${path}`;
    const first = `${base}/user/${encodeURIComponent(name)}/${path}?limit=100&raw_json=1&sort=new`;
    let count = 0;
    for await (const page of readPages(client, first, { shape, next: nextOf, limits: options.limits })) {
      for (const child of listAt(page, shape, "data", "children")) {
        count += 1;
        const thing = objectField(child, "data") ?? {};
        const isComment = field(child, "kind") === "t1";
        const number = requiredText(thing, "id", shape);
        const key = direction === undefined ? number : `${isComment ? "t1" : "t3"}_${number}`;
        const fields = direction === undefined ? fieldsOf(thing, isComment) : voteOf(thing, direction);
        yield* changedOnly(segment, key, record(segment, isComment, fields));
      }
    }
    // A full listing says nothing of what is older than its last.
    if (count >= mostListed) full.add(segment);
  }
  for (const segment of ["posts", "comments", "votes"]) if (!full.has(segment)) yield* lists.gone(segment, segment);
  yield { cursor: writeCursor(form, { prints: lists.prints((list) => !full.has(list)) }) };

  function* changedOnly(segment: string, key: string, raw: RawRecord): Generator<LiveItem> {
    const is = lists.note(segment, key, raw.value);
    if (is === "changed") yield { segment, deletion: key };
    if (is !== "same") yield raw;
  }
}

const listings = [
  { path: "submitted", segment: "posts", direction: undefined },
  { path: "comments", segment: "comments", direction: undefined },
  { path: "upvoted", segment: "votes", direction: "up" },
  { path: "downvoted", segment: "votes", direction: "down" },
] as const;

const nextOf = ({ value }: { readonly value: unknown }, url: string): string | undefined => {
  const data = isObject(value) ? objectField(value, "data") : undefined;
  return withParameter(url, "after", data === undefined ? null : optionalText(data, "after"));
};

function record(segment: string, isComment: boolean, fields: CsvFields): RawRecord {
  const kinds = { posts: "posts", comments: "comments", votes: isComment ? "commentVotes" : "postVotes" } as const;
  const kind = kinds[segment as keyof typeof kinds];
  return {
    segment,
    value: { kind, fields, occurrence: 0, file: "oauth.reddit.com", line: 0 },
    file: "oauth.reddit.com",
    position: 0,
  };
}

/** As the data request's table has it. */
function fieldsOf(thing: RawObject, isComment: boolean): CsvFields {
  const text = (name: string) => optionalText(thing, name) ?? "";
  const common = {
    id: text("id"),
    permalink: addressOf(thing),
    date: utcOf(field(thing, "created_utc")),
    subreddit: text("subreddit"),
  };
  if (!isComment) {
    const isSelf = field(thing, "is_self") === true;
    return { ...common, title: text("title"), url: isSelf ? addressOf(thing) : text("url"), body: text("selftext") };
  }
  const parent = /^t1_(.+)$/.exec(text("parent_id"))?.[1] ?? "";
  return { ...common, link: text("link_permalink") || addressOfPost(thing), parent, body: text("body") };
}

const voteOf = (thing: RawObject, direction: string): CsvFields => ({
  id: optionalText(thing, "id") ?? "",
  permalink: addressOf(thing),
  direction,
});

function addressOf(thing: RawObject): string {
  const path = optionalText(thing, "permalink") ?? "";
  return path.startsWith("/") ? `https://www.reddit.com${path}` : path;
}

const addressOfPost = (comment: RawObject): string =>
  /^(.*\/comments\/[^/]+\/[^/]+\/)/.exec(addressOf(comment))?.[1] ?? "";

/** `2024-01-02 03:04:05 UTC`; seconds of the interface. */
function utcOf(seconds: unknown): string {
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return "";
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** Seconds until the window is new, where there is nothing left in it. */
function retryAt(answer: LiveResponse, now: number): number | undefined {
  const written = answer.header("x-ratelimit-reset");
  return written !== null && /^\d{1,6}(?:\.\d{1,3})?$/.test(written) ? now + Number(written) * 1_000 : undefined;
}
