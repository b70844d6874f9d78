import type { RawRecord } from "../../connector.ts";
import { field, objectField, type RawObject, withoutFields } from "../../rawFields.ts";
import { stableId } from "../../stableId.ts";
import type { RawMessage } from "../../xArchive/xMessages.ts";
import { type RawAccount, type RawFollow, type RawLike, type RawPost, xSegments } from "../../xArchive/xSegments.ts";
import { readCursor, writeCursor } from "../http/cursorText.ts";
import { createJsonClient } from "../http/jsonClient.ts";
import { isObject, listAt, objectOf, optionalText, readPages, requiredText, withParameter } from "../http/pages.ts";
import { createWholeLists, type ListPrints } from "../http/wholeLists.ts";
import type { HttpSession, LiveCursor, LiveFetchOptions, LiveItem, LiveResponse, LiveSource } from "../liveSource.ts";

/**
 * An X account (docs.x.com, API v2): account, posts, likes, direct messages of the last 30 days, followers and following, with the ids
 * of an X archive. Which of these a developer's plan gives is the plan's matter: what is refused (403) is left out for that run, and
 * said. Deleted posts show when all are listed again, once in {@link wholeMs}; the other lists are whole each time.
 */
export const x: LiveSource = {
  id: "x",
  connector: "x-archive",
  segments: xSegments,
  hosts: ["api.x.com"],
  scopes: ["tweet.read", "users.read"],
  fetch,
};

type State = { readonly sinceId: string; readonly wholeAt: number; readonly prints: ListPrints };

const form = 1;
const base = "https://api.x.com/2";
const wholeMs = 30 * 24 * 60 * 60_000;
const postQuery =
  "max_results=100&tweet.fields=created_at,lang,public_metrics,referenced_tweets,note_tweet,in_reply_to_user_id";

async function* fetch(
  session: HttpSession,
  cursor: LiveCursor | undefined,
  options: LiveFetchOptions,
): AsyncGenerator<LiveItem> {
  const client = createJsonClient({ session, hosts: x.hosts, fetch: options, retryAt });
  const state = readCursor<State>(form, cursor);
  const isWhole =
    state?.wholeAt === undefined || state.sinceId === undefined || client.now() - state.wholeAt >= wholeMs;
  const lists = createWholeLists(state?.prints);
  const pages = (path: string, shape: string) =>
    readPages(client, `${base}${path}`, { shape, next: nextToken, limits: options.limits, allowed: [403] });

  const meShape = "/2/users/me";
  const meQuery = "user.fields=created_at,description,location,url,username,name";
  const me = objectField(objectOf(await client.get(`${base}/users/me?${meQuery}`, meShape), meShape), "data") ?? {};
  const owner = requiredText(me, "id", meShape);
  yield* replaced("account", owner, { account: accountOf(me), profile: profileOf(me) } satisfies RawAccount);

  let sinceId = state?.sinceId ?? "0";
  const after = isWhole ? "" : `&since_id=${sinceId}`;
  const postShape = "/2/users/{id}/tweets";
  let isPostsWhole = isWhole;
  for await (const page of pages(`/users/${owner}/tweets?${postQuery}${after}`, postShape)) {
    if (page.value === undefined) {
      isPostsWhole = false;
      yield refused("posts");
      continue;
    }
    for (const post of dataOf(page, postShape)) {
      const id = requiredText(post, "id", postShape);
      if (/^\d{1,20}$/.test(id) && BigInt(id) > BigInt(sinceId)) sinceId = id;
      yield* replaced("posts", id, postOf(post));
    }
  }
  const whole = new Set(["account", "messages"]);
  if (isPostsWhole) {
    whole.add("posts");
    yield* lists.gone("posts", "posts");
  }

  for (const { segment, path, query, rawOf } of wholeOnes) {
    const shape = `/2/users/{id}/${path}`;
    let isRead = true;
    for await (const page of pages(`/users/${owner}/${path}?${query}`, shape)) {
      if (page.value === undefined) {
        isRead = false;
        yield refused(segment);
        continue;
      }
      for (const item of dataOf(page, shape)) {
        const id = requiredText(item, "id", shape);
        // A like and a follower are what they were.
        if (lists.note(segment, id, null) === "new") yield record(segment, rawOf(item));
      }
    }
    if (!isRead) continue;
    whole.add(segment);
    yield* lists.gone(segment, segment);
  }

  const dmShape = "/2/dm_events";
  const dmQuery =
    "max_results=100&event_types=MessageCreate&dm_event.fields=id,text,created_at,sender_id,dm_conversation_id,attachments";
  for await (const page of pages(`/dm_events?${dmQuery}`, dmShape)) {
    if (page.value === undefined) {
      yield refused("messages");
      continue;
    }
    for (const event of dataOf(page, dmShape)) {
      const id = requiredText(event, "id", dmShape);
      if (lists.note("messages", id, null) === "new") yield record("messages", messageOf(event, owner));
    }
  }
  // Where posts were refused, they are asked for from the beginning the next time.
  const wholeAt = isPostsWhole ? client.now() : isWhole ? 0 : (state?.wholeAt ?? 0);
  const prints = lists.prints((list) => whole.has(list));
  yield { cursor: writeCursor(form, { ...(isWhole && !isPostsWhole ? {} : { sinceId }), wholeAt, prints }) };

  function* replaced(segment: string, id: string, value: unknown): Generator<LiveItem> {
    const is = lists.note(segment, id, value);
    if (is === "changed") yield { segment, deletion: id };
    if (is !== "same") yield record(segment, value);
  }
}

const wholeOnes = [
  {
    segment: "likes",
    path: "liked_tweets",
    query: "max_results=100&tweet.fields=created_at",
    rawOf: (post: RawObject): RawLike => ({
      like: {
        tweetId: field(post, "id"),
        fullText: field(post, "text"),
        expandedUrl: `https://twitter.com/i/web/status/${optionalText(post, "id")}`,
      },
    }),
  },
  { segment: "followers", path: "followers", query: "max_results=1000", rawOf: followOf },
  { segment: "following", path: "following", query: "max_results=1000", rawOf: followOf },
] as const;

const record = (segment: string, value: unknown): RawRecord => ({
  segment,
  value,
  file: `api.x.com/${segment}`,
  position: 0,
});

const refused = (segment: string): LiveItem => ({
  segment,
  remark: "skipped",
  reason: "is not given to this application by its plan or scopes",
  file: "api.x.com",
  position: 0,
});

const nextToken = ({ value }: { readonly value: unknown }, url: string): string | undefined => {
  const meta = isObject(value) ? objectField(value, "meta") : undefined;
  return withParameter(url, "pagination_token", meta === undefined ? null : optionalText(meta, "next_token"));
};

/** An empty list is left out. */
function dataOf(page: Parameters<typeof listAt>[0], shape: string): readonly RawObject[] {
  const answer = objectOf(page, shape);
  return field(answer, "data") === undefined && objectField(answer, "meta") !== undefined
    ? []
    : listAt(page, shape, "data");
}

function retryAt(answer: LiveResponse): number | undefined {
  const written = answer.header("x-rate-limit-reset");
  return written !== null && /^\d{1,12}$/.test(written) ? Number(written) * 1_000 : undefined;
}

function accountOf(me: RawObject): RawObject {
  return {
    accountId: field(me, "id"),
    username: field(me, "username"),
    accountDisplayName: field(me, "name"),
    createdAt: field(me, "created_at"),
  };
}

function profileOf(me: RawObject): RawObject {
  const of = (name: string) => field(me, name);
  return { description: { bio: of("description"), website: of("url"), location: of("location") } };
}

/** As the archive writes it; what it has no word for stays under the interface's. */
function postOf(post: RawObject): RawPost {
  const metrics = objectField(post, "public_metrics");
  const references = field(post, "referenced_tweets");
  const replied = Array.isArray(references)
    ? references.find(
        (reference): reference is RawObject => isObject(reference) && field(reference, "type") === "replied_to",
      )
    : undefined;
  const note = objectField(post, "note_tweet");
  const whole = note === undefined ? null : optionalText(note, "text");
  const tweet = {
    ...withoutFields(post, [
      "id",
      "text",
      "created_at",
      "lang",
      "public_metrics",
      "note_tweet",
      "edit_history_tweet_ids",
    ]),
    id_str: field(post, "id"),
    full_text: field(post, "text"),
    created_at: field(post, "created_at"),
    lang: field(post, "lang"),
    ...(replied === undefined ? {} : { in_reply_to_status_id_str: field(replied, "id") }),
    ...(metrics === undefined
      ? {}
      : { favorite_count: field(metrics, "like_count"), retweet_count: field(metrics, "retweet_count") }),
  };
  return { tweet, wholeText: whole ?? undefined };
}

function followOf(user: RawObject): RawFollow {
  const id = optionalText(user, "id");
  return { follow: { accountId: id, userLink: `https://twitter.com/intent/user?user_id=${id}` } };
}

function messageOf(event: RawObject, owner: string): RawMessage {
  const conversation = optionalText(event, "dm_conversation_id");
  const sender = optionalText(event, "sender_id");
  const pair = /^(\d{1,20})-(\d{1,20})$/.exec(conversation ?? "");
  const recipient = pair === null ? undefined : pair[1] === sender ? pair[2] : pair[1];
  return {
    event: "messageCreate",
    message: {
      id: field(event, "id"),
      senderId: sender,
      ...(recipient === undefined ? {} : { recipientId: recipient }),
      createdAt: field(event, "created_at"),
      text: field(event, "text"),
    },
    // As the archive's bridge names it.
    conversation: conversation === null ? null : stableId("x", conversation),
    owner,
    about: undefined,
  };
}
