import { bridge } from "../bridge.ts";
import type { Connector, InspectedInput } from "../connector.ts";
import { jsonHead } from "../jsonFiles.ts";
import { findMetaFiles, isThreadHead, type MetaLists } from "../meta/metaFiles.ts";
import { toMetaMessage } from "../meta/metaMessage.ts";
import { openMeta } from "../meta/openMeta.ts";
import { accountSchema, commentSchema, messageSchema, postSchema, reactionSchema } from "../schemas/index.ts";
import {
  instagramName,
  toInstagramAccount,
  toInstagramComment,
  toInstagramLike,
  toInstagramPost,
} from "./instagramRecords.ts";

/**
 * Instagram's "Download your information" as JSON: profile, posts (with reels, stories and archived ones), comments, likes and
 * conversations, in the forms since 2020 and the one before. Meta's broken UTF-8 is repaired. (The export
 * as HTML is not read.)
 *
 * The owner is known by the profile's name, where the export holds it; without it no message is taken for the owner's own. The
 * people of conversations and whose posts were liked are other people's. Followers and the rest are not read.
 */
export const instagram: Connector = {
  id: "instagram",
  segments: [
    { name: "account", schema: accountSchema, toRecord: bridge(toInstagramAccount) },
    { name: "posts", schema: postSchema, toRecord: bridge(toInstagramPost) },
    { name: "comments", schema: commentSchema, toRecord: bridge(toInstagramComment) },
    { name: "likes", schema: reactionSchema, toRecord: bridge(toInstagramLike) },
    { name: "messages", schema: messageSchema, toRecord: bridge(toMetaMessage) },
  ],
  detect,
  open: (input, options) => openMeta(input, options, "instagram", lists, instagramName),
};

const lists: MetaLists = {
  keys: {
    profile_user: "account",
    ig_archived_post_media: "posts",
    ig_reels_media: "posts",
    ig_stories: "posts",
    ig_igtv_media: "posts",
    stories: "posts",
    photos: "posts",
    videos: "posts",
    comments_reels_comments: "comments",
    comments_media_comments: "comments",
    media_comments: "comments",
    likes_media_likes: "likes",
    likes_comment_likes: "likes",
    media_likes: "likes",
    comment_likes: "likes",
  },
  objects: [
    // Before 2020: pictures of the profile and of messages may come first, and are no posts.
    {
      head: /^\{\s*"(?:profile|direct)"\s*:\s*\[\s*(?:\]|\{\s*"(?:caption|taken_at|path)")/,
      key: "photos",
      segment: "posts",
    },
    { head: /^\{[^[\]]*"date_joined"\s*:\s*"/, segment: "account" },
  ],
  lists: [
    { name: /(?:^|\/)(?:post|reels|hype)_comments[^/]*\.json$/, head: /^\[\s*\{/, segment: "comments" },
    { name: /./, head: /^\[\s*\{[\s\S]*"string_map_data"\s*:\s*\{\s*"Comment"\s*:/, segment: "comments" },
    { name: /(?:^|\/)liked_(?:posts|comments)[^/]*\.json$/, head: /^\[\s*\{/, segment: "likes" },
    { name: /./, head: /^\[\s*\{\s*"media"\s*:\s*\[\s*\{[\s\S]*"creation_timestamp"/, segment: "posts" },
    {
      name: /(?:^|\/)posts(?:_\d+)?\.json$/,
      head: /^\[\s*\{\s*"(?:media|title|creation_timestamp)"\s*:/,
      segment: "posts",
    },
  ],
};

const ownFolders = /(?:^|\/)(?:your_instagram_activity|instagram-[^/]+|followers_and_following)\//;

async function detect(input: InspectedInput): Promise<number> {
  const found = await findMetaFiles(input, lists, 40);
  if (found.lists.length === 0 && found.threads.length === 0 && found.threadLists.length === 0) return 0;
  const isFacebook = input.entries().some(({ path }) => /your_facebook_activity|(?:^|\/)facebook/i.test(path));
  if (!isFacebook && input.entries().some(({ path }) => ownFolders.test(path))) return 1;
  const named = found.lists.some(
    ({ key }) => key === undefined || /^(?:ig_|likes_|comments_|profile_user|media_)/.test(key),
  );
  const ofLists = named ? 0.9 : found.lists.length > 0 ? 0.35 : 0;
  const thread = found.threads[0]?.entries[0];
  const head = thread === undefined ? "" : await jsonHead(input, thread);
  const ofThreads = thread === undefined ? 0 : /instagram/i.test(head) ? 0.95 : isThreadHead(head) ? 0.7 : 0.3;
  const ofThreadLists = found.threadLists.length > 0 ? 0.7 : 0;
  return (isFacebook ? 0.4 : 1) * Math.max(ofLists, ofThreads, ofThreadLists);
}
