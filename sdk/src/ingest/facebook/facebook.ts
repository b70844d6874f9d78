import { bridge } from "../bridge.ts";
import type { ArchiveInput, Connector, InspectedInput } from "../connector.ts";
import { jsonHead } from "../jsonFiles.ts";
import { findMetaFiles, isThreadHead, type MetaLists } from "../meta/metaFiles.ts";
import { toMetaMessage } from "../meta/metaMessage.ts";
import { openMeta } from "../meta/openMeta.ts";
import { accountSchema, commentSchema, messageSchema, postSchema, reactionSchema } from "../schemas/index.ts";
import {
  facebookName,
  toFacebookAccount,
  toFacebookComment,
  toFacebookLike,
  toFacebookPost,
} from "./facebookRecords.ts";

/**
 * Facebook's "Download your information" as JSON, in the forms since 2018, with Messenger's conversations, and those that Messenger
 * exports by itself since it encrypts them. Meta's broken UTF-8 is repaired. (The export as HTML is not read.)
 *
 * The owner is known by the name in the profile, where the export holds it; without it no message is taken for the owner's own. The
 * people of a conversation are other people's, and so is whose post was liked. Friends, pages, searches and the rest are not read.
 */
export const facebook: Connector = {
  id: "facebook",
  segments: [
    { name: "account", schema: accountSchema, toRecord: bridge(toFacebookAccount) },
    { name: "posts", schema: postSchema, toRecord: bridge(toFacebookPost) },
    { name: "comments", schema: commentSchema, toRecord: bridge(toFacebookComment) },
    { name: "likes", schema: reactionSchema, toRecord: bridge(toFacebookLike) },
    { name: "messages", schema: messageSchema, toRecord: bridge(toMetaMessage) },
  ],
  detect,
  open: (input, options) => openMeta(input, options, "facebook", lists, facebookName),
};

const lists: MetaLists = {
  keys: {
    profile_v2: "account",
    profile: "account",
    status_updates: "posts",
    group_posts_v2: "posts",
    comments_v2: "comments",
    comments: "comments",
    group_comments_v2: "comments",
    group_comments: "comments",
    reactions_v2: "likes",
    reactions: "likes",
    page_likes_v2: "likes",
    page_likes: "likes",
  },
  lists: [
    { name: /(?:^|\/)likes_and_reactions[^/]*\.json$/, head: /^\[\s*\{/, segment: "likes" },
    { name: /./, head: /^\[\s*\{[\s\S]*"reaction"\s*:\s*\{\s*"reaction"\s*:/, segment: "likes" },
    {
      name: /(?:^|\/)(?:your_posts|album|posts)[^/]*\.json$/,
      head: /^\[\s*\{\s*"(?:timestamp|data|attachments|title|tags|fbid)"\s*:/,
      segment: "posts",
    },
    { name: /./, head: /^\[\s*\{\s*"timestamp"\s*:\s*\d{9,10}\s*,[\s\S]*"data"\s*:\s*\[/, segment: "posts" },
  ],
};

/** Folders that no other service's export has. */
const ownFolders =
  /(?:^|\/)(?:your_facebook_activity|facebook-[^/]+|comments_and_reactions|likes_and_reactions|profile_information)\//;

async function detect(input: InspectedInput): Promise<number> {
  const found = await findMetaFiles(input, lists, 40);
  const isOwn = input.entries().some(({ path }) => ownFolders.test(path));
  const isInstagram = input.entries().some(({ path }) => /your_instagram_activity|instagram/i.test(path));
  if (found.lists.length === 0 && found.threads.length === 0) return 0;
  if (isOwn && !isInstagram) return 1;
  const ofLists = found.lists.some(({ key }) => key === undefined || /_v2$/.test(key))
    ? 0.9
    : found.lists.length > 0
      ? 0.4
      : 0;
  const ofThreads = await threadSureness(input, found.threads[0]?.entries[0]?.path);
  return (isInstagram ? 0.4 : 1) * Math.max(ofLists, ofThreads);
}

/** Both services write conversations alike. Where nothing else tells: Facebook's name their people, short ones are Instagram's. */
async function threadSureness(input: InspectedInput, path: string | undefined): Promise<number> {
  const entry = entryOf(input, path);
  if (entry === undefined) return 0;
  const head = await jsonHead(input, entry);
  if (/instagram/i.test(head)) return 0.4;
  if (/facebook|messenger|"threadName"/i.test(head)) return 0.95;
  return isThreadHead(head) && /"participants"/.test(head) ? 0.8 : 0.6;
}

function entryOf(input: ArchiveInput, path: string | undefined) {
  return input.entries().find((entry) => entry.path === path);
}
