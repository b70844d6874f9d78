import type { Bridged, RawRecord, Remark, SegmentDefinition } from "../connector.ts";
import { countField, field, idField, objectField, type RawObject, textField, withoutFields } from "../rawFields.ts";
import { accountSchema, followSchema, likeSchema, messageSchema, noteSchema, postSchema } from "../schemas/index.ts";
import { unescapeText } from "../unescapeText.ts";
import { parseXDate } from "./parseXDate.ts";
import { toMessage } from "./xMessages.ts";

/** What `xArchive.open` gives for each segment: the records as X wrote them, joined where X keeps one thing in two files. */
export type RawPost = { readonly tweet: RawObject; readonly wholeText: string | undefined };
export type RawAccount = { readonly account: RawObject; readonly profile: RawObject | undefined };
export type RawLike = { readonly like: RawObject };
export type RawNote = { readonly note: RawObject };
export type RawFollow = { readonly follow: RawObject };

/**
 * The segments of an X archive and their bridges. Append only: the place in this list is the index in the dataset's
 * catalogue.
 */
export const xSegments: readonly SegmentDefinition[] = [
  { name: "account", schema: accountSchema, toRecord: toAccount },
  { name: "posts", schema: postSchema, toRecord: toPost },
  { name: "likes", schema: likeSchema, toRecord: toLike },
  { name: "messages", schema: messageSchema, toRecord: toMessage },
  { name: "notes", schema: noteSchema, toRecord: toNote },
  { name: "followers", schema: followSchema, toRecord: toFollow },
  { name: "following", schema: followSchema, toRecord: toFollow },
];

/** What the columns hold already; the rest is kept as it is. */
const postFields = [
  "id_str",
  "id",
  "full_text",
  "text",
  "created_at",
  "lang",
  "in_reply_to_status_id_str",
  "in_reply_to_status_id",
  "favorite_count",
  "retweet_count",
  "source",
];
const likeFields = ["tweetId", "fullText", "expandedUrl"];
const accountFields = [
  "accountId",
  "username",
  "accountDisplayName",
  "email",
  "phoneNumber",
  "createdAt",
  "createdVia",
];

function toPost(raw: RawRecord, remark: Remark): Bridged | undefined {
  const { tweet, wholeText } = raw.value as RawPost;
  const id = idField(tweet, "id_str", "id");
  if (id === null) return skipped(remark, "has no id");
  const text = textField(tweet, "full_text", remark) ?? textField(tweet, "text", remark);
  if (text === null) return skipped(remark, "has no text");
  const published = parseXDate(field(tweet, "created_at"));
  if (published === null) remark("changed", "created_at is not a date");
  const content = unescapeText(text);
  const record = {
    id,
    published,
    content: wholeText ?? content,
    language: textField(tweet, "lang", remark),
    in_reply_to: idField(tweet, "in_reply_to_status_id_str", "in_reply_to_status_id"),
    like_count: countField(tweet, "favorite_count", remark),
    share_count: countField(tweet, "retweet_count", remark),
    is_repost: /^RT @\w{1,20}:/.test(content),
    source: sourceName(textField(tweet, "source", remark)),
  };
  return { record, extra: withoutFields(tweet, postFields) };
}

function toLike(raw: RawRecord, remark: Remark): Bridged | undefined {
  const { like } = raw.value as RawLike;
  const id = idField(like, "tweetId");
  if (id === null) return skipped(remark, "has no id");
  const text = textField(like, "fullText", remark);
  const content = text === null ? null : unescapeText(text);
  const record = { id, content, url: textField(like, "expandedUrl", remark) };
  return { record, extra: withoutFields(like, likeFields) };
}

/** A long text as X keeps it: a copy of a post's, with an id of its own and what was changed later. */
function toNote(raw: RawRecord, remark: Remark): Bridged | undefined {
  const { note } = raw.value as RawNote;
  const id = idField(note, "noteTweetId");
  if (id === null) return skipped(remark, "has no id");
  const core = objectField(note, "core");
  const text = core === undefined ? null : textField(core, "text", remark);
  if (text === null) return skipped(remark, "has no text");
  const published = parseXDate(field(note, "createdAt"));
  if (published === null) remark("changed", "createdAt is not a date");
  const record = { id, published, updated: parseXDate(field(note, "updatedAt")), content: unescapeText(text) };
  const rest = withoutFields(note, ["noteTweetId", "createdAt", "updatedAt", "core"]);
  const ofCore = withoutFields(core ?? {}, ["text"]);
  return { record, extra: ofCore === undefined ? rest : { ...rest, core: ofCore } };
}

function toFollow(raw: RawRecord, remark: Remark): Bridged | undefined {
  const { follow } = raw.value as RawFollow;
  const id = idField(follow, "accountId");
  if (id === null) return skipped(remark, "has no id");
  const record = { id, url: textField(follow, "userLink", remark), since: null };
  return { record, extra: withoutFields(follow, ["accountId", "userLink"]) };
}

function toAccount(raw: RawRecord, remark: Remark): Bridged | undefined {
  const { account, profile } = raw.value as RawAccount;
  const id = idField(account, "accountId");
  if (id === null) return skipped(remark, "has no id");
  const created = parseXDate(field(account, "createdAt"));
  if (created === null) remark("changed", "createdAt is not a date");
  const description = profile === undefined ? undefined : objectField(profile, "description");
  const ofProfile = (name: string): string | null =>
    description === undefined ? null : textField(description, name, remark);
  const record = {
    id,
    username: textField(account, "username", remark),
    display_name: textField(account, "accountDisplayName", remark),
    email: textField(account, "email", remark),
    phone: textField(account, "phoneNumber", remark),
    created,
    created_via: textField(account, "createdVia", remark),
    bio: ofProfile("bio"),
    website: ofProfile("website"),
    location: ofProfile("location"),
  };
  const ofBoth = { ...withoutFields(profile ?? {}, ["description"]), ...withoutFields(account, accountFields) };
  return { record, extra: ofBoth };
}

/** The app's name out of `<a href="…" rel="nofollow">name</a>`; the text as it is when X wrote it otherwise. */
function sourceName(source: string | null): string | null {
  if (source === null) return null;
  return unescapeText(/^<a\s[^>]*>([^<]*)<\/a>$/.exec(source)?.[1] ?? source);
}

function skipped(remark: Remark, reason: string): undefined {
  remark("skipped", reason);
  return undefined;
}
